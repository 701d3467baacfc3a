import Model

/// One hop that a proxy tells of.
enum ForwardedNode: Hashable {
  case address(IPAddress)
  /// `unknown`, or a name that only the proxy knows (RFC 7239, section 6.3).
  case hidden

  /// An address with or without a port: `192.0.2.7`, `192.0.2.7:80`, `[2001:db8::1]`, `[2001:db8::1]:80`, and, as
  /// `X-Forwarded-For` has it, `2001:db8::1`; `unknown` and `_name`. `nil` for anything else.
  init?(_ text: Substring) {
    if let address = IPAddress(text) {
      self = .address(address)
      return
    }
    var name = text
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      name = text[text.index(after: text.startIndex)..<end]
      guard let address = IPAddress(name), name.contains(":"), ForwardedNode.isPort(text[end...].dropFirst()) else {
        return nil
      }
      self = .address(address)
      return
    }
    if let colon = text.firstIndex(of: ":") {
      name = text[..<colon]
      guard ForwardedNode.isPort(text[colon...]) else { return nil }
    }
    if let address = IPAddress(name), address.isV4 {
      self = .address(address)
    } else if name.lowercased() == "unknown" || ForwardedNode.isObfuscated(name) {
      self = .hidden
    } else {
      return nil
    }
  }

  /// Nothing, or `:` and a port, which may be obfuscated too.
  private static func isPort(_ text: Substring) -> Bool {
    guard let colon = text.first else { return true }
    let port = text.dropFirst()
    guard colon == ":" else { return false }
    if isObfuscated(port) { return true }
    return (1...5).contains(port.utf8.count) && port.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func isObfuscated(_ text: Substring) -> Bool {
    guard text.first == "_", (2...100).contains(text.utf8.count) else { return false }
    return text.utf8.dropFirst().allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
