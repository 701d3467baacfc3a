public import Model

/// What a connection begins with where a proxy speaks the PROXY protocol, versions 1 and 2
/// (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
public enum ProxyHeader: Hashable, Sendable {
  /// The header is not whole yet.
  case incomplete
  /// These bytes are no header, and more of them will not make them one.
  case malformed
  /// - length: bytes that belong to the header.
  /// - client: whom the proxy speaks for; `nil` where it speaks for itself or does not know.
  case complete(length: Int, client: IPAddress?)

  /// No header is longer; a proxy that adds more than 4 KB about a connection is none that we know.
  public static let longest = 16 + 4096

  public static func read(_ bytes: [UInt8]) -> ProxyHeader {
    if begins(bytes, with: signature) { return version2(bytes) }
    if begins(bytes, with: Array("PROXY ".utf8)) { return version1(bytes) }
    return .malformed
  }

  /// Whether the bytes there are agree with `prefix`, as far as they go.
  private static func begins(_ bytes: [UInt8], with prefix: [UInt8]) -> Bool {
    zip(bytes, prefix).allSatisfy { $0 == $1 }
  }
}

/// `PROXY TCP4 192.0.2.7 198.51.100.1 51000 443\r\n`: section 2.1.
extension ProxyHeader {
  private static let longestLine = 107

  private static func version1(_ bytes: [UInt8]) -> ProxyHeader {
    let line = bytes.prefix(longestLine)
    guard let end = line.firstIndex(of: UInt8(ascii: "\r")) else {
      return bytes.count < longestLine && !line.contains(UInt8(ascii: "\n")) ? .incomplete : .malformed
    }
    guard end + 1 < bytes.count else { return .incomplete }
    // A line feed before the end is refused here as it is above, while the rest has yet to come: the answer must not
    // depend on how the bytes arrive.
    guard bytes[end + 1] == UInt8(ascii: "\n"), end + 2 <= longestLine, !line[..<end].contains(UInt8(ascii: "\n"))
    else { return .malformed }
    let words = String(decoding: bytes[..<end], as: UTF8.self)
      .split(separator: " ", omittingEmptySubsequences: false)
    let length = end + 2
    // What follows UNKNOWN says nothing, whatever it is.
    if words.count >= 2, words[1] == "UNKNOWN" { return .complete(length: length, client: nil) }
    guard words.count == 6, words[1] == "TCP4" || words[1] == "TCP6", isPort(words[4]), isPort(words[5]),
      isAddress(words[2], of: words[1]), isAddress(words[3], of: words[1]), let client = IPAddress(words[2])
    else { return .malformed }
    return .complete(length: length, client: client)
  }

  /// By how it is written: an IPv4 address mapped into IPv6 is one of TCP6.
  private static func isAddress(_ text: Substring, of family: Substring) -> Bool {
    IPAddress(text) != nil && text.contains(":") == (family == "TCP6")
  }

  private static func isPort(_ text: Substring) -> Bool {
    guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      text == "0" || !text.hasPrefix("0"), let port = Int(text)
    else { return false }
    return port <= 65_535
  }
}

/// The binary form: section 2.2.
extension ProxyHeader {
  private static let signature: [UInt8] = [
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
  ]

  private static func version2(_ bytes: [UInt8]) -> ProxyHeader {
    guard bytes.count >= 13 else { return .incomplete }
    let command = bytes[12]
    guard command == 0x20 || command == 0x21 else { return .malformed }
    guard bytes.count >= 16 else { return .incomplete }
    let length = 16 + (Int(bytes[14]) << 8 | Int(bytes[15]))
    guard length <= longest else { return .malformed }
    guard bytes.count >= length else { return .incomplete }
    // LOCAL: the proxy itself, which looks whether somebody is there. The rest of the header is to be skipped.
    if command == 0x20 { return .complete(length: length, client: nil) }
    let addresses: (all: Int, one: Int)
    switch bytes[13] {
    case 0x00: return .complete(length: length, client: nil)
    case 0x11: addresses = (12, 4)
    case 0x21: addresses = (36, 16)
    // A Unix stream socket.
    case 0x31: addresses = (216, 0)
    default: return .malformed
    }
    let data = bytes[16..<length]
    guard data.count >= addresses.all, holdsExtensions(data.dropFirst(addresses.all)) else { return .malformed }
    return .complete(length: length, client: IPAddress(bytes: data.prefix(addresses.one)))
  }

  /// Type, length in two bytes, value, and so on to the very end. None of them is of use here.
  private static func holdsExtensions(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      guard rest.count >= 3 else { return false }
      let length = Int(rest[rest.startIndex + 1]) << 8 | Int(rest[rest.startIndex + 2])
      guard rest.count >= 3 + length else { return false }
      rest = rest.dropFirst(3 + length)
    }
    return true
  }
}
