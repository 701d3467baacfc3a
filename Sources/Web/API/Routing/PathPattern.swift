/// A path with places for parameters: `/api/runs/:run`.
///
/// Paths are compared as they were sent. Nothing is decoded, joined or left out: no path of ours needs an escape, so
/// one that has `%2e`, `//`, a slash at its end or another case is another path, and names nothing.
struct PathPattern: Sendable, CustomStringConvertible {
  let description: String
  private let segments: [Substring]

  init(_ pattern: String) {
    description = pattern
    segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
  }

  /// The parameters by name; `nil` where `path` is another one.
  func parameters(of path: [Substring]) -> [Substring: Substring]? {
    guard path.count == segments.count else { return nil }
    var parameters: [Substring: Substring] = [:]
    for (segment, sent) in zip(segments, path) {
      if segment.hasPrefix(":") {
        guard PathPattern.isPlain(sent) else { return nil }
        parameters[segment.dropFirst()] = sent
      } else if !segment.utf8.elementsEqual(sent.utf8) {
        return nil
      }
    }
    return parameters
  }

  /// What a parameter can be, a number or a name: letters, digits, `.`, `_` and `-`, with a letter or digit first.
  private static func isPlain(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "_"),
      first != UInt8(ascii: "-")
    else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
