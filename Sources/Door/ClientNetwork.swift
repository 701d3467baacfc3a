public import Model

/// What counts as one client: an IPv4 address, or the 64 bits that an IPv6 customer is given (RFC 6177), because
/// whoever has one address of such a network has all of them.
public struct ClientNetwork: Hashable, Sendable {
  private let isV4: Bool
  private let bits: UInt64

  public init(_ address: IPAddress) {
    isV4 = address.isV4
    bits = address.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
