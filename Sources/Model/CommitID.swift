/// The object id of a commit: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
///
/// Ids arrive in payloads and command lines. A value of this type has been checked, so it is safe as a
/// file name and as an argument.
public struct CommitID: Hashable, Sendable, CustomStringConvertible {
  public let hex: String

  /// - Returns: `nil` unless `text` is exactly 40 or 64 hexadecimal digits. Upper case is folded.
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 40 || bytes.count == 64 else { return nil }
    var folded: [UInt8] = []
    folded.reserveCapacity(bytes.count)
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"):
        folded.append(byte)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): folded.append(byte | 0x20)
      default: return nil
      }
    }
    hex = String(decoding: folded, as: UTF8.self)
  }

  private init(wellFormed hex: String) { self.hex = hex }

  /// Forges write forty zeros for "no commit": `before` of a new ref, `after` of a deleted one.
  public var isZero: Bool { hex.utf8.allSatisfy { $0 == UInt8(ascii: "0") } }

  /// "No commit", with as many zeros as this id has digits.
  public var zeros: CommitID { CommitID(wellFormed: String(repeating: "0", count: hex.utf8.count)) }

  /// The first eight digits, for people.
  public var short: String { String(hex.prefix(8)) }

  public var description: String { hex }
}

extension CommitID: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let id = CommitID(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not a commit id"))
    }
    self = id
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }
}
