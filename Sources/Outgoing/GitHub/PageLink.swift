import NIOHTTP1

/// Where a listing goes on: the header `Link` with `rel="next"` (RFC 8288), as GitHub writes it.
enum PageLink {
  private static let longest = 500

  /// The value of one parameter of the next page's address.
  ///
  /// Not the address: it goes with the token, so the agent makes it itself.
  static func next(_ parameter: String, _ headers: HTTPHeaders) -> String? {
    for link in headers["link"].flatMap({ $0.split(separator: ",") }) {
      let parts = link.split(separator: ";").map { $0.drop { $0 == " " } }
      guard parts.dropFirst().contains(where: { $0.hasPrefix("rel=\"next\"") || $0.hasPrefix("rel=next") }),
        let address = parts.first, address.hasPrefix("<"), let end = address.lastIndex(of: ">"),
        let query = address[..<end].firstIndex(of: "?")
      else { continue }
      for pair in address[address.index(after: query)..<end].split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1)
        if parts.count == 2, parts[0] == parameter, isValue(parts[1]) { return String(parts[1]) }
      }
    }
    return nil
  }

  /// It stays as it is written: escaped, and nothing that would end it.
  private static func isValue(_ text: Substring) -> Bool {
    text.utf8.count <= longest
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-_.~%=:+".utf8.contains(byte)
        }
      }
  }
}
