import NIOHTTP1

/// The whole route table of the TCP listener. What is not named here does not exist.
enum HookRoute: Equatable {
  /// `POST /webhook/<source>`, or `/webhook/<source>/<token>` for senders that are proved by their address alone;
  /// `query` is what stands after the `?`, as sent.
  case hook(source: String, token: String? = nil, query: String? = nil)
  /// `GET /healthz`: the process answers; nothing about its state.
  case health
  /// `GET /readyz`: whether deliveries can be taken; not why they cannot.
  case readiness
  case notFound
  /// A known path with another method; `allow` is what it takes (RFC 9110, section 15.5.6).
  case notAllowed(allow: String)

  private static let longestToken = 256
  private static let longestQuery = 8 << 10

  /// - Parameter target: the request target as sent. Nothing is decoded: a source's name needs no escapes,
  ///   and a path that has them is another path.
  init(method: HTTPMethod, target: String) {
    let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
    for (name, route) in [("/healthz", HookRoute.health), ("/readyz", .readiness)] where path.elementsEqual(name.utf8) {
      self = method == .GET || method == .HEAD ? route : .notAllowed(allow: "GET, HEAD")
      return
    }
    let prefix = "/webhook/".utf8
    guard path.starts(with: prefix) else {
      self = .notFound
      return
    }
    let parts = path.dropFirst(prefix.count).split(
      separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    let query = path.endIndex < target.utf8.endIndex ? target.utf8[path.endIndex...].dropFirst() : nil
    guard let source = parts.first, (1...64).contains(source.count), source.allSatisfy(HookRoute.isNameByte),
      source.first != UInt8(ascii: "."),
      parts.dropFirst().allSatisfy({
        (1...HookRoute.longestToken).contains($0.count) && $0.allSatisfy(HookRoute.isTokenByte)
      }),
      query.map({ $0.count <= HookRoute.longestQuery && $0.allSatisfy { (0x21...0x7e).contains($0) } }) ?? true
    else {
      self = .notFound
      return
    }
    guard method == .POST else {
      self = .notAllowed(allow: "POST")
      return
    }
    self = .hook(
      source: String(Substring(source)), token: parts.dropFirst().first.map { String(Substring($0)) },
      query: query.map { String(Substring($0)) })
  }

  /// The letters of a source's name: ASCII letters and digits, `.`, `_`, `-`.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// Those that need no escape in a path (RFC 3986, section 2.3): of a name, and `~`.
  private static func isTokenByte(_ byte: UInt8) -> Bool { isNameByte(byte) || byte == UInt8(ascii: "~") }
}
