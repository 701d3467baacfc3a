/// A range of addresses as a prefix and its length (RFC 4632, RFC 4291): `203.0.113.0/24`, `2001:db8::/32`. An
/// address alone is a range of one.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
  public let prefix: IPAddress
  /// Bits of the prefix.
  public let length: Int

  /// - Returns: `nil` unless it is an address, or an address with a length that leaves no bit outside of it set:
  ///   `10.0.0.1/8` is a mistake more often than a range.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2, let address = IPAddress(first) else { return nil }
    let bits = address.bytes.count * 8
    var length = bits
    if parts.count == 2 {
      let digits = parts[1].utf8
      guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }), let said = Int(parts[1])
      else { return nil }
      // `::ffff:192.0.2.0/120` is a range of IPv4 addresses.
      length = address.isV4 && first.utf8.contains(UInt8(ascii: ":")) ? said - 96 : said
    }
    guard (0...bits).contains(length) else { return nil }
    prefix = address
    self.length = length
    guard (length..<bits).allSatisfy({ address.bytes[$0 / 8] & (0x80 >> ($0 % 8)) == 0 }) else { return nil }
  }

  public func contains(_ address: IPAddress) -> Bool {
    guard address.bytes.count == prefix.bytes.count else { return false }
    let whole = length / 8
    guard address.bytes.prefix(whole) == prefix.bytes.prefix(whole) else { return false }
    let rest = length % 8
    guard rest > 0 else { return true }
    let mask = ~(UInt8(0xff) >> rest)
    return address.bytes[whole] & mask == prefix.bytes[whole] & mask
  }

  public var description: String { length == prefix.bytes.count * 8 ? "\(prefix)" : "\(prefix)/\(length)" }
}
