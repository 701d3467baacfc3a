import Model

/// Where the agent listens.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// A name or an address; IPv6 without brackets.
  public var host: String
  /// 0 lets the system choose.
  public var port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `127.0.0.1:8700`, `localhost:8700`, `[::1]:8700` and `:8700` (every IPv4 address); `nil` for anything else.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port), !text[text.index(after: colon)...].hasPrefix("+")
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard !host.isEmpty, host.allSatisfy({ $0.isHexDigit || ":.%".contains($0) || $0.isLetter }) else { return nil }
    } else {
      guard host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) }) else { return nil }
    }
    self.init(host: host.isEmpty ? "0.0.0.0" : String(host), port: port)
  }

  /// Only this machine can reach it.
  public var isLoopback: Bool { host.lowercased() == "localhost" || IPAddress(host)?.isLoopback == true }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
