/// A length of time that reads as a plain number of seconds in JSON.
public struct Seconds: Hashable, Sendable, Comparable, Codable, CustomStringConvertible,
  ExpressibleByIntegerLiteral
{
  public var value: Double

  public init(_ value: Double) { self.value = value }
  public init(integerLiteral value: Int) { self.value = Double(value) }

  public init(from decoder: any Decoder) throws {
    value = try decoder.singleValueContainer().decode(Double.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }

  public var duration: Duration { .milliseconds(Int64(value * 1000)) }

  public static func < (left: Seconds, right: Seconds) -> Bool { left.value < right.value }

  /// `850 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`.
  public var description: String {
    if value < 0.9995 { return "\(Int((value * 1000).rounded())) ms" }
    if value < 59.95 {
      let tenths = Int((value * 10).rounded())
      return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
    let whole = Int(value.rounded())
    if whole < 3600 {
      return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s"
    }
    let minutes = whole % 3600 / 60
    return minutes == 0 ? "\(whole / 3600) h" : "\(whole / 3600) h \(minutes) min"
  }
}
