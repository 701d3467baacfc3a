/// The address of a server that the agent asks, over HTTP or a WebSocket: scheme, host, port, path and query
/// (RFC 3986; RFC 6455, section 3).
///
/// Stricter than the standard on purpose: printable ASCII, no user or password, no fragment, no percent sign in the
/// host. Of an address that comes from outside there is then one way to read it.
public struct WebAddress: Hashable, Sendable, CustomStringConvertible {
  public enum Scheme: String, Sendable, CaseIterable {
    case http, https, ws, wss

    /// Whether the connection is made with TLS.
    public var isEncrypted: Bool { self == .https || self == .wss }

    /// The port that is meant where none is written.
    public var usualPort: Int { isEncrypted ? 443 : 80 }
  }

  public let scheme: Scheme
  /// In lower case; an IPv6 address without its brackets.
  public let host: String
  public let port: Int
  /// Path and query as written, `/` where there is neither.
  public let target: String

  private static let longest = 2000

  /// - Parameter text: the whole address; `nil` where it is none of these.
  public init?(_ text: String) {
    guard text.utf8.count <= WebAddress.longest,
      text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !"\\\"<>^`{|}#".utf8.contains($0) }),
      let separator = text.firstRange(of: "://"),
      let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
    else { return nil }
    let rest = text[separator.upperBound...]
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    guard let (host, port) = WebAddress.authority(rest[..<end]) else { return nil }
    self.scheme = scheme
    self.host = host
    self.port = port ?? scheme.usualPort
    target = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
  }

  /// Host and port as they stand in an address and in the header `Host`; the usual port is left out.
  public var authority: String {
    (host.contains(":") ? "[\(host)]" : host) + (port == scheme.usualPort ? "" : ":\(port)")
  }

  public var description: String { "\(scheme.rawValue)://\(authority)\(target)" }

  /// Whether only this machine can be meant.
  public var isLoopback: Bool { host == "localhost" || IPAddress(host)?.isLoopback == true }

  /// Whether both name the same server in the same way (RFC 6454, section 5).
  public func hasSameOrigin(as other: WebAddress) -> Bool {
    scheme == other.scheme && host == other.host && port == other.port
  }

  /// The address with `path` behind its own path, which must have no query.
  public func appending(_ path: String) -> WebAddress? {
    guard !target.contains("?") else { return nil }
    let base = description
    return WebAddress((base.hasSuffix("/") ? String(base.dropLast()) : base) + path)
  }

  private static func authority(_ text: Substring) -> (host: String, port: Int?)? {
    var host = text
    var port: Int?
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<close]
      guard host.contains(":"), IPAddress(host) != nil else { return nil }
      let rest = text[text.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      if !rest.isEmpty {
        guard let number = WebAddress.port(rest.dropFirst()) else { return nil }
        port = number
      }
    } else {
      if let colon = text.firstIndex(of: ":") {
        guard let number = WebAddress.port(text[text.index(after: colon)...]) else { return nil }
        port = number
        host = text[..<colon]
      }
      guard (1...253).contains(host.utf8.count), !host.hasPrefix("-"), !host.hasPrefix("."),
        host.utf8.allSatisfy({ byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
          default: false
          }
        })
      else { return nil }
    }
    return (host.lowercased(), port)
  }

  private static func port(_ text: Substring) -> Int? {
    guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(text), (1...65535).contains(number)
    else { return nil }
    return number
  }
}
