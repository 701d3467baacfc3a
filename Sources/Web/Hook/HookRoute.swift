import NIOHTTP1

/// The whole route table of the TCP listener. What is not named here does not exist.
enum HookRoute: Equatable {
  /// `POST /webhook/<source>`
  case hook(source: String)
  /// `GET /healthz`: the process answers; nothing about its state.
  case health
  case notFound
  /// A known path with another method; `allow` is what it takes (RFC 9110, section 15.5.6).
  case notAllowed(allow: String)

  /// - Parameter target: the request target as sent. Nothing is decoded: a source's name needs no escapes,
  ///   and a path that has them is another path.
  init(method: HTTPMethod, target: String) {
    let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
    if path.elementsEqual("/healthz".utf8) {
      self = method == .GET || method == .HEAD ? .health : .notAllowed(allow: "GET, HEAD")
      return
    }
    let prefix = "/webhook/".utf8
    guard path.starts(with: prefix) else {
      self = .notFound
      return
    }
    let source = path.dropFirst(prefix.count)
    guard (1...64).contains(source.count), source.allSatisfy(HookRoute.isNameByte) else {
      self = .notFound
      return
    }
    self = method == .POST ? .hook(source: String(Substring(source))) : .notAllowed(allow: "POST")
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
}
