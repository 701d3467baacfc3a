/// The address of a remote, taken apart and allowed.
///
/// Only what the allow-list names gets as far as libgit2, which itself would take local paths as well.
struct RemoteAddress {
  let text: String
  let scheme: String
  let user: String?
  /// In lower case; empty for `file`.
  let host: String
  let port: Int?

  /// - Throws: `.forbidden` for anything that is not an absolute address with an allowed scheme.
  init(_ text: String, allowedSchemes: Set<String>, operation: String) throws(GitFailure) {
    func refuse(_ why: String) -> GitFailure {
      GitFailure(
        .forbidden, operation: operation, "The repository address \(Escaped(Self.redacted(text))) is refused: \(why)")
    }
    self.text = text
    guard text.utf8.count <= 4096, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
      throw refuse("it holds a space or a control character, or is longer than 4,096 bytes.")
    }
    guard let parts = Self.parse(text) else {
      throw refuse("it is a path, not an address such as https://host/owner/name.git or git@host:owner/name.git.")
    }
    (scheme, user, host, port) = parts
    guard allowedSchemes.contains(scheme) else {
      let allowed = allowedSchemes.sorted().joined(separator: ", ")
      throw refuse(
        "the scheme \(Escaped(scheme)) is not allowed here (allowed: \(allowed)). See `remotes` in the configuration.")
    }
    if scheme == "file" {
      guard host.isEmpty else { throw refuse("a file:// address has three slashes: file:///path.") }
    } else {
      guard !host.isEmpty, host.utf8.first != UInt8(ascii: "-"), user?.utf8.first != UInt8(ascii: "-") else {
        throw refuse("it names no host.")
      }
    }
  }

  /// The same server: credentials for one are good for the other.
  func sameServer(as other: (scheme: String, user: String?, host: String, port: Int?)) -> Bool {
    scheme == other.scheme && host == other.host && effectivePort == Self.port(other.port, of: other.scheme)
  }

  var effectivePort: Int { Self.port(port, of: scheme) }

  /// `host`, or `host:port` where the port is not the scheme's own.
  var server: String {
    if host.isEmpty { return "this machine" }
    return effectivePort == Self.port(nil, of: scheme) ? host : "\(host):\(effectivePort)"
  }

  /// The address for people: without a password, which an address should not hold, but may.
  var shown: String { Escaped(Self.redacted(text)).description }

  /// Takes `scheme://[user[:password]@]host[:port]/path` and `[user@]host:path` apart.
  static func parse(_ text: String) -> (scheme: String, user: String?, host: String, port: Int?)? {
    if let mark = text.firstRange(of: "://") {
      let scheme = text[..<mark.lowerBound].lowercased()
      let rest = text[mark.upperBound...]
      guard let slash = rest.firstIndex(of: "/") else { return nil }
      var authority = rest[..<slash]
      var user: String?
      if let at = authority.lastIndex(of: "@") {
        user = String(authority[..<at].prefix { $0 != ":" })
        authority = authority[authority.index(after: at)...]
      }
      guard let (host, port) = hostAndPort(authority) else { return nil }
      return (scheme, user?.isEmpty == true ? nil : user, host, port)
    }
    // scp form: a colon before the first slash.
    guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/"), colon != text.startIndex else {
      return nil
    }
    var host = text[..<colon]
    var user: String?
    if let at = host.lastIndex(of: "@") {
      user = String(host[..<at])
      host = host[host.index(after: at)...]
    }
    return ("ssh", user?.isEmpty == true ? nil : user, host.lowercased(), nil)
  }

  private static func hostAndPort(_ authority: Substring) -> (String, Int?)? {
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      let host = authority[authority.index(after: authority.startIndex)..<end].lowercased()
      let rest = authority[authority.index(after: end)...]
      if rest.isEmpty { return (host, nil) }
      guard rest.hasPrefix(":"), let port = UInt16(rest.dropFirst()) else { return nil }
      return (host, Int(port))
    }
    guard let colon = authority.firstIndex(of: ":") else { return (authority.lowercased(), nil) }
    guard let port = UInt16(authority[authority.index(after: colon)...]) else { return nil }
    return (authority[..<colon].lowercased(), Int(port))
  }

  private static func port(_ port: Int?, of scheme: String) -> Int {
    if let port { return port }
    return ["https": 443, "http": 80, "ssh": 22, "git": 9418][scheme] ?? 0
  }

  /// `https://user:password@host/…` → `https://user:•••@host/…`.
  static func redacted(_ text: String) -> String {
    guard let mark = text.firstRange(of: "://") else { return text }
    let rest = text[mark.upperBound...]
    guard let at = rest.prefix(while: { $0 != "/" }).lastIndex(of: "@"),
      let colon = rest[..<at].firstIndex(of: ":")
    else { return text }
    return "\(text[..<colon]):•••\(text[at...])"
  }
}
