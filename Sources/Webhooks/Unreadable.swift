/// Why a genuine delivery could not be read. The text is a sentence that may be shown to the sender.
public enum Unreadable: Error, Sendable, Hashable, CustomStringConvertible {
  /// The content type is not one that the sender uses (415).
  case mediaType(String)
  /// The body, or a header that gives it its meaning, is malformed (400). The sentence names the field.
  case body(String)

  public var description: String {
    switch self {
    case .mediaType(let text), .body(let text): text
    }
  }
}
