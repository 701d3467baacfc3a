import Model

/// A mapping whose keys are known, on its way to a type.
package struct Fields {
  /// The mapping itself, for reports about something that is missing.
  package let value: Value
  private let entries: [String: Value]
  private let keyPositions: [String: Document.Position]

  /// Reports at the key, for mistakes about its being there at all.
  package func report(key: String, _ message: String, suggestion: String? = nil) {
    guard let position = keyPositions[key] else { return value.report(message, suggestion: suggestion) }
    value.findings.report(at: position, length: key.unicodeScalars.count, message, suggestion: suggestion)
  }

  /// Keeps the values of all keys but `keys` out of every report.
  package func hide(except keys: [String]) {
    for (key, value) in entries where !keys.contains(key) { value.hide() }
  }

  package subscript(key: String) -> Value? { entries[key] }

  package func contains(_ key: String) -> Bool { entries[key] != nil }

  /// Whether a key that must be there is missing, and not only written in another way: an unknown key may be meant for it.
  package func lacks(_ key: String) -> Bool {
    !contains(key) && !standsForAnother && !unknown.contains { Suggestion.didYouMean($0, [key]) != nil }
  }

  /// Keys that nobody knows, which were reported.
  private let unknown: [String]
  /// One of them may stand in the place of any key: it comes with a later version, or is a command that was taken for a key.
  private let standsForAnother: Bool

  init(_ value: Value, entries: [Document.Entry], unknown: [String], later: [String]) {
    self.value = value
    self.unknown = unknown
    standsForAnother = unknown.contains { later.contains($0) || $0.contains(" ") }
    let prefix = value.path.isEmpty ? "" : value.path + "."
    self.entries = Dictionary(
      entries.map { ($0.key, Value($0.value, path: prefix + $0.key, findings: value.findings)) },
      uniquingKeysWith: { first, _ in first })
    keyPositions = Dictionary(entries.map { ($0.key, $0.keyPosition) }, uniquingKeysWith: { first, _ in first })
  }
}

/// One entry of a mapping whose keys are the author's own (variables, sources, …).
package struct NamedValue {
  package let name: String
  package let value: Value
  let position: Document.Position

  /// Reports a mistake at the name.
  package func report(_ message: String, suggestion: String? = nil) {
    value.findings.report(at: position, length: name.unicodeScalars.count, message, suggestion: suggestion)
  }

  /// Keeps the lines of name and value out of every report.
  package func hide() {
    value.findings.hide(line: position.line)
    value.hide()
  }
}

extension Value {
  /// A mapping with the keys `known`. Others are reported: those of `later` as not supported by this version,
  /// the rest as unknown, with the nearest known key.
  package func fields(_ known: [String], later: [String] = [], expected: String = "a mapping") -> Fields? {
    guard case .mapping(let entries) = node.content else {
      mismatch(expected)
      return nil
    }
    let place = path.isEmpty ? "" : " in `\(path)`"
    for entry in entries where !known.contains(entry.key) {
      let isLater = later.contains(entry.key)
      findings.report(
        at: entry.keyPosition, length: entry.key.unicodeScalars.count,
        isLater
          ? "key `\(entry.key)`\(place) is not supported by this version of Pushrod"
          : "unknown key `\(entry.key.shown())`\(place)",
        suggestion: isLater
          ? "remove it"
          : entry.key.contains(" ")
            ? "a command with `: ` in it must stand in quotes, or below a `|`"
            : Suggestion.didYouMean(entry.key, known) ?? "known here: \(known.joined(separator: ", "))")
    }
    return Fields(self, entries: entries, unknown: entries.map(\.key).filter { !known.contains($0) }, later: later)
  }

  /// The entries of a mapping whose keys are free, in the order of the file.
  package func named(atMost limit: Int, expected: String = "a mapping") -> [NamedValue]? {
    guard case .mapping(let entries) = node.content else {
      mismatch(expected)
      return nil
    }
    guard entries.count <= limit else {
      report("\(subject) has \(entries.count) entries; at most \(limit) are allowed")
      return nil
    }
    let prefix = path.isEmpty ? "" : path + "."
    return entries.map {
      NamedValue(
        name: $0.key, value: Value($0.value, path: prefix + $0.key.shown(), findings: findings),
        position: $0.keyPosition)
    }
  }
}
