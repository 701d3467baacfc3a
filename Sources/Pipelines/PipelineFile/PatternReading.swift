import Model

/// Reads patterns for names: one, or a list of them.
enum PatternReading {
  /// - Parameter examples: for the sentence where something else stands there.
  static func patterns(_ value: Value, such examples: String) -> [String] {
    guard let items = value.oneOrMany(atMost: 100) else { return [] }
    guard !items.isEmpty else {
      value.report("\(value.subject) is an empty list, which matches nothing", suggestion: "leave the key out")
      return []
    }
    var patterns: [String] = []
    for item in items {
      guard let text = item.string("a pattern such as \(examples)") else { continue }
      do {
        _ = try GlobList([text])
        patterns.append(text)
      } catch {
        item.report("the pattern `\(text.shown(limit: 60))` cannot be read: \(error.description)")
      }
    }
    if patterns.count == items.count, patterns.allSatisfy(GlobList.excludes) {
      value.report(
        "\(value.subject) only excludes, so nothing would match", suggestion: "put \"**\" before the exclusions")
    }
    return patterns
  }
}
