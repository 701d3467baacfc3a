/// A value of a document on its way to a type. What does not fit is reported, and `nil` comes back, so that the
/// reader goes on and finds the other mistakes too.
package struct Value {
  package let node: Document.Node
  /// `on.push.branches`; empty for the whole document.
  package let path: String
  let findings: Findings

  init(_ node: Document.Node, path: String, findings: Findings) {
    self.node = node
    self.path = path
    self.findings = findings
  }

  /// The file that it stands in.
  var file: String { findings.document.file }

  package var isNull: Bool { node.isNull }

  package var isEmptyMapping: Bool { node.content == .mapping([]) }

  /// Reports a mistake at this value.
  package func report(_ message: String, suggestion: String? = nil) {
    findings.report(at: node.position, length: length, message, suggestion: suggestion)
  }

  /// Keeps the lines of this value out of every report: it may be a secret.
  package func hide() { findings.hide(node) }

  /// "`timeout` must be …, but it is a list".
  package func mismatch(_ expected: String, suggestion: String? = nil) {
    report(
      node.isNull ? "\(subject) is empty; it must be \(expected)" : "\(subject) must be \(expected), not \(node.words)",
      suggestion: suggestion)
  }

  /// The value's name in a sentence.
  package var subject: String { path.isEmpty ? "the file" : "`\(path)`" }

  /// Text as it was written: `1`, `true` and `1.10` are the texts "1", "true" and "1.10".
  /// - Returns: `nil`, after a report, for lists, mappings, nothing at all, and text with a NUL in it.
  package func string(_ expected: String = "text") -> String? {
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      mismatch(expected)
      return nil
    }
    guard !text.utf8.contains(0) else {
      report("\(subject) must not contain a NUL character")
      return nil
    }
    return text
  }

  /// `true` or `false`, and nothing that merely looks like it.
  package func bool() -> Bool? {
    guard case .scalar(let text, let quoted) = node.content, !node.isNull else {
      mismatch("true or false")
      return nil
    }
    switch (text, quoted) {
    case ("true", false): return true
    case ("false", false): return false
    default:
      let yes = ["true", "yes", "on"].contains(text.lowercased())
      let no = ["false", "no", "off"].contains(text.lowercased())
      mismatch("true or false", suggestion: yes ? "write true" : no ? "write false" : nil)
      return nil
    }
  }

  /// A whole number in decimal digits.
  package func integer(in range: ClosedRange<Int>) -> Int? {
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard case .scalar(let text, quoted: false) = node.content, let number = Int(text), range.contains(number) else {
      mismatch(expected)
      return nil
    }
    return number
  }

  /// The items of a list; `at most` bounds their number.
  package func list(atMost limit: Int) -> [Value]? {
    guard case .list(let nodes) = node.content else {
      mismatch("a list")
      return nil
    }
    guard nodes.count <= limit else {
      report("\(subject) has \(nodes.count) items; at most \(limit) are allowed")
      return nil
    }
    return nodes.enumerated().map { Value($1, path: "\(path)[\($0 + 1)]", findings: findings) }
  }

  /// One value, or a list of them.
  package func oneOrMany(atMost limit: Int) -> [Value]? {
    if case .list = node.content { return list(atMost: limit) }
    return [self]
  }

  /// How many characters of its line the value covers, for the caret.
  var length: Int {
    guard case .scalar(let text, let quoted) = node.content else { return 1 }
    let line = text.unicodeScalars.prefix { $0 != "\n" }.count
    let rest = findings.document.source.text(from: node.position)
    if let first = rest.first, first == "|" || first == ">" { return 1 }
    return max(1, min(quoted ? line + 2 : line, rest.count))
  }
}
