import Glibc

/// An IPv4 or IPv6 address. An IPv4 address mapped into IPv6 (`::ffff:192.0.2.7`, RFC 4291, section 2.5.5.2) is the
/// IPv4 address: a socket that takes both shows one peer in two ways.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 or 16, in network order.
  public let bytes: [UInt8]

  public var isV4: Bool { bytes.count == 4 }

  /// - Parameter bytes: 4 or 16, in network order; `nil` for any other count.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    let bytes = Array(bytes)
    let isMapped =
      bytes.count == 16 && bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
    self.bytes = isMapped ? Array(bytes[12...]) : bytes
  }

  /// - Parameter text: as inet_pton(3) reads it: no brackets, no port, no zone, no octal parts.
  public init?(_ text: some StringProtocol) {
    let text = String(text)
    // A longer text is no address, and one with a NUL would be read up to it.
    guard (2...45).contains(text.utf8.count), !text.utf8.contains(0) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 {
      self.init(bytes: bytes.prefix(4))
    } else if inet_pton(AF_INET6, text, &bytes) == 1 {
      self.init(bytes: bytes)
    } else {
      return nil
    }
  }

  /// This machine's own (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3).
  public var isLoopback: Bool {
    isV4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
  }

  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(isV4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
