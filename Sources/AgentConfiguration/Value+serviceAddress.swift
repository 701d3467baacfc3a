import Model
import Pipelines

extension Value {
  /// The address of a service that the agent asks for something, without a slash at its end: https, or http where it
  /// is on this machine, for what is sent there is not for others to read.
  func serviceAddress() -> String? {
    let expected = "an https address"
    let suggestion = "write it as https://api.example.com; http is taken for this machine only: http://127.0.0.1:8080"
    guard var text = string(expected) else { return nil }
    while text.hasSuffix("/") { text.removeLast() }
    let isTLS = text.hasPrefix("https://")
    let rest = isTLS ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : ""
    let authority = rest.prefix { $0 != "/" }
    guard !authority.isEmpty, text.utf8.count <= 500, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
      !text.contains(where: { "@?#\\\"<>".contains($0) }), isTLS || Value.isLoopback(authority)
    else {
      mismatch(expected, suggestion: suggestion)
      return nil
    }
    return text
  }

  /// - Parameter authority: a host, and a port or none (RFC 3986, section 3.2).
  private static func isLoopback(_ authority: Substring) -> Bool {
    var host = authority
    if host.first == "[" {
      host = host.dropFirst().prefix { $0 != "]" }
    } else if let colon = host.firstIndex(of: ":") {
      host = host[..<colon]
    }
    return host == "localhost" || IPAddress(host)?.isLoopback == true
  }
}
