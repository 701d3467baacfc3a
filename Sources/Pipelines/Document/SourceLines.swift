import Model

/// The text of a file by lines, for showing a place in it.
struct SourceLines: Sendable {
  private let lines: [Substring.UnicodeScalarView]

  /// Excerpts show at most this many characters of a line.
  private static let width = 120

  /// Splits where libyaml does (YAML 1.1, section 5.4), so that its line numbers fit.
  init(_ text: String) {
    var lines: [Substring.UnicodeScalarView] = []
    let scalars = text.unicodeScalars
    var start = scalars.startIndex
    var index = start
    while index < scalars.endIndex {
      let scalar = scalars[index]
      var next = scalars.index(after: index)
      if SourceLines.isBreak(scalar) {
        lines.append(scalars[start..<index])
        if scalar == "\r", next < scalars.endIndex, scalars[next] == "\n" { next = scalars.index(after: next) }
        start = next
      }
      index = next
    }
    lines.append(scalars[start...])
    self.lines = lines
  }

  private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\n" || scalar == "\r" || scalar == "\u{85}" || scalar == "\u{2028}" || scalar == "\u{2029}"
  }

  /// A line from a column on; empty where there is no such place.
  func text(from position: Document.Position) -> Substring {
    guard lines.indices.contains(position.line - 1) else { return "" }
    return Substring(lines[position.line - 1].dropFirst(position.column - 1))
  }

  /// Whether only blanks and line ends follow.
  func isEnd(_ position: Document.Position) -> Bool {
    text(from: position).allSatisfy(\.isWhitespace)
      && lines.dropFirst(position.line).allSatisfy { $0.allSatisfy { $0.properties.isWhitespace } }
  }

  func diagnostic(
    file: String, at position: Document.Position, length: Int, _ message: String, suggestion: String?
  ) -> Diagnostic {
    var diagnostic = Diagnostic(
      file: file, line: position.line, column: position.column, message: message, suggestion: suggestion)
    guard lines.indices.contains(position.line - 1) else { return diagnostic }
    let line = Array(lines[position.line - 1])
    let place = min(position.column - 1, line.count)
    // A window around the place, where the line is long.
    let start = place < SourceLines.width * 2 / 3 ? 0 : place - SourceLines.width / 3
    let end = min(line.count, start + SourceLines.width)
    let before = shown(line[start..<place])
    let marked = shown(line[place..<min(end, place + max(1, length))])
    let after = shown(line[min(end, place + max(1, length))..<end])
    let head = start > 0 ? "…" : ""
    diagnostic.excerpt = head + before + marked + after + (end < line.count ? "…" : "")
    diagnostic.caret = head.count + before.unicodeScalars.count + 1
    diagnostic.span = max(1, marked.unicodeScalars.count)
    return diagnostic
  }

  /// Tabs stay one column wide; everything that could act on a terminal is escaped.
  private func shown(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    scalars.map { $0 == "\t" ? " " : $0.shown }.joined()
  }
}
