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

  /// Patterns for names of branches, or of tags.
  /// - Parameter prefix: what their refs begin with, and their names do not.
  static func refPatterns(_ value: Value, under prefix: String, such examples: String) -> [String] {
    var isForeign = false
    for item in value.oneOrMany(atMost: 100) ?? [] {
      guard case .scalar(let text, _) = item.node.content else { continue }
      let mark = GlobList.excludes(text) ? "!" : ""
      let name = String(text.unicodeScalars.dropFirst(mark.count))
      // A set, such as `[^a]`, may hold what it likes.
      if let foreign = name.unicodeScalars.prefix(while: { $0 != "[" }).first(where: isInNoRef) {
        item.report(
          "`\(text.shown(limit: 60))` would match nothing: the name of a ref has no \(words(for: foreign))",
          suggestion: foreign == " " ? apart(text) : nil)
        isForeign = true
        continue
      }
      guard name.hasPrefix(prefix) else { continue }
      item.report(
        "`\(text.shown(limit: 60))` would match nothing: what is compared is the name without `\(prefix)`",
        suggestion: "write `\(mark)\(String(name.dropFirst(prefix.count)).shown(limit: 60))`")
    }
    return isForeign ? [] : patterns(value, such: examples)
  }

  /// Whether no name of a ref has that character, by git-check-ref-format(1); it means nothing to a pattern either.
  private static func isInNoRef(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "~", "^", ":": true
    default: (1...0x20).contains(scalar.value) || scalar.value == 0x7f
    }
  }

  private static func words(for scalar: Unicode.Scalar) -> String {
    switch scalar {
    case " ": "blank"
    case "~", "^", ":": "`\(scalar.shown)`"
    default: "control character (`\(scalar.shown)`)"
    }
  }

  /// What was meant by several names with blanks between them.
  private static func apart(_ text: String) -> String? {
    let names = text.unicodeScalars.split { $0 == " " || $0 == "," }.map { String($0) }
    guard !names.isEmpty, !names.contains("!") else { return nil }
    if names.count == 1 { return "write `\(names[0].shown(limit: 60))`" }
    let plain: Set<Character> = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")
    let items = names.map { name in name.allSatisfy { plain.contains($0) } ? name : "\"\(name)\"" }
    return "write [\(items.joined(separator: ", ").shown(limit: 120))]"
  }

  /// Patterns for files of the repository.
  static func pathPatterns(_ value: Value) -> [String] {
    for item in value.oneOrMany(atMost: 100) ?? [] {
      guard case .scalar(let text, _) = item.node.content else { continue }
      let mark = GlobList.excludes(text) ? "!" : ""
      let path = text.unicodeScalars.dropFirst(mark.count)
      // Each would match nothing, and look as if it did.
      if path.last == "/" {
        item.report(
          "`\(text.shown(limit: 60))` ends with a slash, and no file does",
          suggestion: "write `\(text.shown(limit: 60))**`")
      } else if path.first == "/" || path.starts(with: "./".unicodeScalars) {
        let rest = String(Substring.UnicodeScalarView(path.drop { $0 == "." || $0 == "/" }))
        item.report(
          "`\(text.shown(limit: 60))` would match nothing: paths begin at the top of the repository, without a slash",
          suggestion: rest.isEmpty ? nil : "write `\(mark)\(rest.shown(limit: 60))`")
      } else if leavesTheTop(text) {
        item.report(
          "`\(text.shown(limit: 60))` would match nothing: the paths of a repository have no `.` and no `..` in them",
          suggestion: "write the path from the top of the repository")
      }
    }
    return patterns(value, such: "\"src/**\"")
  }

  /// Whether a pattern begins with a slash, or has `.` or `..` as a component.
  static func leavesTheTop(_ pattern: String) -> Bool {
    let plain = pattern.unicodeScalars.dropFirst(GlobList.excludes(pattern) ? 1 : 0)
    let parts = plain.split(separator: "/").map(String.init)
    return plain.first == "/" || parts.contains("..") || parts.contains(".")
  }
}
