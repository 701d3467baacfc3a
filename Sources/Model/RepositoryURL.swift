/// The address of a repository as it was configured, and the identity behind it.
///
/// `https://github.com/acme/shop.git`, `ssh://git@github.com/acme/shop` and `git@github.com:acme/shop.git`
/// are three addresses of one repository: they differ in `url` and are equal in `identity`.
public struct RepositoryURL: Hashable, Sendable, CustomStringConvertible {
  public enum Scheme: String, Codable, Sendable, CaseIterable {
    case https, http, ssh, git, file
  }

  /// The address as written (scp form kept), without surrounding blanks.
  public let url: String
  public let scheme: Scheme
  /// Lower case; empty for `file`.
  public let host: String
  /// `nil` where the scheme's own port is meant.
  public let port: Int?
  /// The user in the address (`git` in `git@host:path`).
  public let user: String?
  /// Without leading slash (except `file`), trailing slash and trailing `.git`.
  public let path: String

  /// What went wrong with an address, in words.
  public struct Malformed: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// Reads `https://`, `http://`, `ssh://`, `git://`, `file://`, and `user@host:path`.
  ///
  /// - Throws: `Malformed` for any other scheme, a relative path, a password in the address (it would end
  ///   up in listings), control characters, or an empty host or path.
  public init(_ text: String) throws {
    let url = text.drop(while: { $0 == " " }).trimmingTrailingBlanks()
    guard !url.isEmpty, url.utf8.count <= 2048, url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }),
      RepositoryURL.isPlain(url)
    else {
      throw Malformed(description: "a repository address is one word of printable characters")
    }
    guard !url.hasPrefix("-") else {
      throw Malformed(description: "a repository address cannot start with a dash")
    }
    self.url = url
    if let range = url.schemeSeparator {
      let name = String(url[..<range.lowerBound]).lowercased()
      guard let scheme = Scheme(rawValue: name) else {
        throw Malformed(description: "unknown scheme `\(name)`; use https, ssh, git or file")
      }
      self.scheme = scheme
      let rest = url[range.upperBound...]
      if scheme == .file {
        guard rest.hasPrefix("/") else {
          throw Malformed(description: "file:// needs an absolute path: file:///srv/git/shop.git")
        }
        host = ""
        port = nil
        user = nil
        path = RepositoryURL.trimmed(String(rest), keepingRoot: true)
      } else {
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = try Authority(rest[..<slash])
        host = authority.host
        user = authority.user
        port = authority.port == scheme.defaultPort ? nil : authority.port
        path = RepositoryURL.trimmed(String(rest[slash...]), keepingRoot: false)
      }
    } else if let colon = url.firstIndex(of: ":"), !url[..<colon].contains("/") {
      scheme = .ssh
      let authority = try Authority(url[..<colon])
      host = authority.host
      user = authority.user
      port = nil
      path = RepositoryURL.trimmed(String(url[url.index(after: colon)...]), keepingRoot: false)
    } else {
      throw Malformed(
        description:
          "`\(url)` is not an address; write https://host/owner/name.git, git@host:owner/name.git or file:///path")
    }
    guard !path.isEmpty, path != "/" else {
      throw Malformed(description: "`\(url)` names no repository on \(host)")
    }
    guard !path.split(separator: "/").contains("..") else {
      throw Malformed(description: "`\(url)` has `..` in its path")
    }
  }

  /// Whether a text that is no address may have a password in it, so that no message should repeat it.
  public static func mayHoldPassword(_ text: String) -> Bool {
    let rest = text.schemeSeparator.map { text[$0.upperBound...] } ?? text[...]
    return rest.lastIndex(of: "@").map { rest[..<$0].contains(":") } ?? false
  }

  /// The same for every spelling of one repository. Hosts fold case; so do paths on the big forges, whose
  /// names are case-insensitive. The scheme and user do not count, a port counts only off the web's and ssh's own.
  public var identity: String {
    guard scheme != .file else { return "file:" + path }
    let foldsPath = ["github.com", "gitlab.com", "bitbucket.org", "codeberg.org"].contains(host)
    let port = port.map { ":\($0)" } ?? ""
    return host + (scheme == .ssh ? "" : port) + "/" + (foldsPath ? path.lowercased() : path)
  }

  /// `acme/shop`: the path, for people.
  public var name: String {
    scheme == .file ? String(path.split(separator: "/").suffix(2).joined(separator: "/")) : path
  }

  public var description: String { url }

  /// Whether nothing beyond ASCII is a control, or hides one of the characters that an address is taken apart at: `/`
  /// and a combining accent are one character to Swift, and a slash to everybody else.
  private static func isPlain(_ url: String) -> Bool {
    url.utf8.allSatisfy { $0 < 0x80 }
      || url.allSatisfy { character in
        let scalars = character.unicodeScalars
        guard let first = scalars.first, !(0x80..<0xa0).contains(first.value) else { return false }
        return scalars.count == 1 || !first.isASCII || first.properties.isAlphabetic
      }
  }

  private static func trimmed(_ path: String, keepingRoot: Bool) -> String {
    var path = Substring(path)
    if !keepingRoot { path = path.drop(while: { $0 == "/" }) }
    while path.hasSuffix("/"), path.count > 1 { path.removeLast() }
    if path.hasSuffix(".git") { path.removeLast(4) }
    while path.hasSuffix("/"), path.count > 1 { path.removeLast() }
    return String(path)
  }
}

extension RepositoryURL.Scheme {
  /// The scheme's well-known port; `nil` for `file`.
  public var defaultPort: Int? {
    switch self {
    case .https: 443
    case .http: 80
    case .ssh: 22
    case .git: 9418
    case .file: nil
    }
  }
}

/// `[user@]host[:port]`, RFC 3986 section 3.2.
private struct Authority {
  var user: String?
  var host: String
  var port: Int?

  init(_ text: Substring) throws {
    var rest = text
    if let at = text.lastIndex(of: "@") {
      let userInfo = text[..<at]
      guard !userInfo.contains(":") else {
        throw RepositoryURL.Malformed(
          description: "a password in a repository address would show in listings; put it under `repositories:` instead"
        )
      }
      user = String(userInfo)
      rest = text[text.index(after: at)...]
    }
    if rest.hasPrefix("["), let close = rest.firstIndex(of: "]") {
      host = rest[rest.index(after: rest.startIndex)..<close].lowercased()
      rest = rest[rest.index(after: close)...]
    } else {
      let end = rest.firstIndex(of: ":") ?? rest.endIndex
      host = rest[..<end].lowercased()
      rest = rest[end...]
    }
    if rest.hasPrefix(":") {
      guard let number = Int(rest.dropFirst()), (1...65535).contains(number) else {
        throw RepositoryURL.Malformed(description: "`\(rest.dropFirst())` is not a port")
      }
      port = number
    }
    guard !host.isEmpty, !host.hasPrefix("-") else {
      throw RepositoryURL.Malformed(description: "the address names no host")
    }
  }
}

extension RepositoryURL: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    do {
      self = try RepositoryURL(text)
    } catch {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\(error)"))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(url)
  }
}

extension StringProtocol {
  fileprivate func trimmingTrailingBlanks() -> String {
    var text = String(self)
    while text.last == " " || text.last == "\n" { text.removeLast() }
    return text
  }

  /// The first `://`. By bytes: each delivery brings several addresses.
  fileprivate var schemeSeparator: Range<Index>? {
    let bytes = utf8
    var start = bytes.startIndex
    while let colon = bytes[start...].firstIndex(of: UInt8(ascii: ":")) {
      if bytes[colon...].starts(with: "://".utf8) { return colon..<bytes.index(colon, offsetBy: 3) }
      start = bytes.index(after: colon)
    }
    return nil
  }
}
