import Model

/// One mistake in a file, at its place, in words that tell a person what to do.
public struct Diagnostic: Error, Sendable, Hashable, Codable {
  /// As it was given on the command line or found in its folder; also `--listen` or `PUSHROD_LISTEN` where the
  /// mistake is in an override.
  public var file: String
  /// From 1; 0 where the mistake has no place of its own (an unreadable file, a flag).
  public var line: Int
  /// From 1, in Unicode scalars; 0 like `line`.
  public var column: Int
  /// A sentence without its full stop.
  public var message: String
  /// What to write instead.
  public var suggestion: String?
  /// The line in question, safe to print: control characters are escaped, long lines cut around the place.
  public var excerpt: String?
  /// Where the place begins in `excerpt`, from 1.
  public var caret: Int
  /// How many characters of `excerpt` the place covers, at least 1.
  public var span: Int

  public init(
    file: String, line: Int = 0, column: Int = 0, message: String, suggestion: String? = nil,
    excerpt: String? = nil, caret: Int = 1, span: Int = 1
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
    self.suggestion = suggestion
    self.excerpt = excerpt
    self.caret = caret
    self.span = span
  }

  /// `file:line:column: message; suggestion`, for a log.
  public var oneLine: String { heading + (suggestion.map { "; \($0)" } ?? "") }

  /// The message, the line it is about, and a caret under the place:
  ///
  ///     shop.yml:4:5: unknown key `brances` in `on.push`
  ///        4 |     brances: [main]
  ///          |     ^^^^^^^ did you mean `branches`?
  public var rendered: String {
    guard let excerpt else { return heading + (suggestion.map { "\n  \($0)" } ?? "") }
    let number = String(line)
    let gutter = String(repeating: " ", count: max(0, 4 - number.count)) + number
    let margin = String(repeating: " ", count: gutter.count)
    let pad = String(repeating: " ", count: max(0, caret - 1))
    let marks = String(repeating: "^", count: max(1, span))
    let hint = suggestion.map { " \($0)" } ?? ""
    return "\(heading)\n\(gutter) | \(excerpt)\n\(margin) | \(pad)\(marks)\(hint)"
  }

  private var heading: String {
    line > 0 ? "\(file.shown(limit: 400)):\(line):\(column): \(message)" : "\(file.shown(limit: 400)): \(message)"
  }
}
