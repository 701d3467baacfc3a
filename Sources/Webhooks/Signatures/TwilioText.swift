import Crypto
import FoundationEssentials
import Model

/// The text that Twilio signs, put together from what arrived.
enum TwilioText {
  /// What is signed after the address: each parameter of the form as name and value, by the bytes of the names, of a
  /// name that is repeated each value once, in order. Empty where the body is no form: its hash then stands in the
  /// address, and is compared here.
  static func parameters(of request: SignedRequest, url: String) throws(Refusal) -> [UInt8] {
    if let given = request.options.parameters {
      return joined(given.map { FormBody.Field(name: Array($0.name.utf8), value: Array($0.value.utf8)) })
    }
    let type = try? ContentType.read(request.headers)
    if type == .form || (request.headers[all: "Content-Type"].isEmpty && bodyHash(in: url) == nil) {
      do {
        return joined(try FormBody.fields(in: request.body))
      } catch {
        throw .invalid("the signed parameters cannot be read: \(error.description)")
      }
    }
    guard let hash = bodyHash(in: url) else {
      if request.body.isEmpty { return [] }
      throw .invalid("the body is no form, and the address has no `bodySHA256`, so nothing protects the body")
    }
    guard let digest = HexDigest(hash), SHA256.hash(data: request.body) == digest.bytes else {
      throw .invalid("the body is another one than the `bodySHA256` in the address says")
    }
    return []
  }

  /// The address as it was given, and with or without its port: whether Twilio signs a port depends on the product
  /// and on how it is written there. Nothing else about it is changed.
  static func spellings(of url: String) -> [String] {
    guard let scheme = url.range(ofBytes: "://") else { return [url] }
    let authorityEnd =
      url[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? url.endIndex
    let authority = url[scheme.upperBound..<authorityEnd]
    let hostStart = authority.lastIndex(of: "@").map(authority.index(after:)) ?? authority.startIndex
    let host = authority[hostStart...]
    // The colons within the brackets of an IPv6 address separate no port.
    let afterBrackets = host.lastIndex(of: "]") ?? host.startIndex
    if let colon = host[afterBrackets...].lastIndex(of: ":") {
      return [url, String(url[..<colon] + url[authorityEnd...])]
    }
    switch url[..<scheme.lowerBound].lowercased() {
    case "https": return [url, url[..<authorityEnd] + ":443" + url[authorityEnd...]]
    case "http": return [url, url[..<authorityEnd] + ":80" + url[authorityEnd...]]
    default: return [url]
    }
  }

  private static func joined(_ fields: [FormBody.Field]) -> [UInt8] {
    let sorted = Set(fields).sorted { one, other in
      one.name == other.name
        ? one.value.lexicographicallyPrecedes(other.value) : one.name.lexicographicallyPrecedes(other.name)
    }
    return sorted.flatMap { $0.name + $0.value }
  }

  /// The parameter of the address, which ends where a fragment begins.
  static func bodyHash(in url: String) -> Substring.UTF8View? {
    let address = url.utf8.prefix { $0 != UInt8(ascii: "#") }
    guard let question = address.firstIndex(of: UInt8(ascii: "?")) else { return nil }
    let name = "bodySHA256=".utf8
    return address[question...].dropFirst().split(separator: UInt8(ascii: "&"))
      .first { $0.starts(with: name) }.map { $0.dropFirst(name.count) }
  }
}

extension String {
  fileprivate func range(ofBytes text: String) -> Range<Index>? {
    var start = startIndex
    while let first = utf8[start...].firstIndex(of: text.utf8.first ?? 0) {
      if utf8[first...].starts(with: text.utf8) { return first..<utf8.index(first, offsetBy: text.utf8.count) }
      start = utf8.index(after: first)
    }
    return nil
  }
}
