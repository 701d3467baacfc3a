import Model

/// Reads relative paths, which lead nowhere else.
enum PathReading {
  /// A relative path without `..`, normalised.
  /// - Parameter what: what it must be, for the error.
  static func path(_ value: Value, such what: String) -> String? {
    guard let text = value.string(what) else { return nil }
    guard let parts = parts(text), !parts.isEmpty else {
      value.report("\(value.subject) must be a relative path without `..`")
      return nil
    }
    return parts.joined(separator: "/")
  }

  /// The components of a relative path without `..`; `nil` for any other. Empty for the folder itself.
  static func parts(_ text: String) -> [String]? {
    // By the scalar: a slash and a combining accent are one character to Swift, and a slash to the system.
    let scalars = text.unicodeScalars
    let parts = scalars.split(separator: "/").map(String.init).filter { $0 != "." }
    guard scalars.first != "/", !parts.contains(".."), text.utf8.count <= 1024,
      scalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
    else { return nil }
    return parts
  }
}

extension Value {
  /// One of an enumeration's words.
  func word<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> Word? where Word.RawValue == String {
    let words = Word.allCases.map(\.rawValue)
    let expected = words.count == 2 ? words.joined(separator: " or ") : "one of " + words.joined(separator: ", ")
    guard let text = string(expected) else { return nil }
    guard let word = Word(rawValue: text) else {
      report(
        "\(subject) must be \(expected), not `\(text.shown(limit: 60))`",
        suggestion: Suggestion.didYouMean(text, words))
      return nil
    }
    return word
  }
}
