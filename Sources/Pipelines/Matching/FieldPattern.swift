import Model

/// What a field is compared with, ready for comparing.
enum FieldPattern {
  case glob(Glob)
  case value(WebhookTrigger.Value)

  /// Longer texts are matched by no glob: the time for that is pattern times text.
  private static let longestText = 64 << 10

  init(_ value: WebhookTrigger.Value) {
    // Every glob was read once when the pipeline was.
    if case .text(let text) = value, FieldPattern.isGlob(text), let glob = try? Glob(text) {
      self = .glob(glob)
    } else {
      self = .value(value)
    }
  }

  static func isGlob(_ text: String) -> Bool { text.utf8.contains { "*?[".utf8.contains($0) } }

  /// Kinds are not mixed: the number 1 is neither the text "1" nor true.
  func matches(_ field: JSONValue) -> Bool {
    switch (self, field) {
    case (.glob(let glob), .string(let text)):
      text.utf8.count <= FieldPattern.longestText && glob.matches(text)
    // Code point by code point, as globs compare, and not by how it looks.
    case (.value(.text(let wanted)), .string(let text)): wanted.unicodeScalars.elementsEqual(text.unicodeScalars)
    case (.value(.number(let wanted)), .number(let number)): wanted == number
    case (.value(.bool(let wanted)), .bool(let bool)): wanted == bool
    case (.value(.absent), .null): true
    default: false
    }
  }
}
