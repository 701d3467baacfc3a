/// So many in a length of time: `60/m` is sixty a minute, all of them at once or one a second.
public struct Rate: Hashable, Sendable, CustomStringConvertible {
  public let count: Int
  /// The length of time: `s`, `m` or `h`.
  public let unit: Character

  /// The most that a rate may be, and so the most tokens that a bucket holds.
  public static let most = 10_000_000

  /// - Parameter text: `60/m`: a number from 1 on, and `s`, `m` or `h`; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, (1...8).contains(parts[0].utf8.count),
      parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(parts[0]),
      (1...Rate.most).contains(count), parts[1].count == 1, let unit = parts[1].first, "smh".contains(unit)
    else { return nil }
    self.init(count, unit)
  }

  private init(_ count: Int, _ unit: Character) {
    self.count = count
    self.unit = unit
  }

  public static func perMinute(_ count: Int) -> Rate { Rate(max(1, min(count, most)), "m") }

  /// A full bucket that refills at this rate.
  public func bucket(now: Double) -> TokenBucket {
    let seconds: Double =
      switch unit {
      case "s": 1
      case "m": 60
      default: 3600
      }
    return TokenBucket(capacity: Double(count), refill: Double(count) / seconds, now: now)
  }

  public var description: String { "\(count)/\(unit)" }
}
