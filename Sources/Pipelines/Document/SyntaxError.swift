import Model
import Yams

/// libyaml's complaints in the words of somebody who edits a file.
enum SyntaxError {
  static func diagnostic(for error: any Error, file: String, source: SourceLines) -> Diagnostic {
    guard let error = error as? YamlError else {
      return Diagnostic(file: file, message: "the file is not YAML: \(error)")
    }
    switch error {
    case .composer(_, let problem, let mark, _) where problem.contains("another document"):
      let position = Document.Position(line: mark.line, column: mark.column)
      return source.diagnostic(
        file: file, at: position, length: 3, "a second document begins here; a file holds one",
        suggestion: "put it in a file of its own")
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let place = beginning(of: context, problem: problem, mark: mark, source: source) ?? mark
      let position = Document.Position(line: place.line, column: place.column)
      let (message, suggestion) = words(
        problem: problem, context: context?.text, rest: source.text(from: position))
      let begun = context.map(\.mark.line).flatMap { 1..<place.line ~= $0 ? " (begun in line \($0))" : nil }
      return source.diagnostic(
        file: file, at: position, length: 1, message + (begun ?? ""), suggestion: suggestion)
    case .duplicatedKeysInMapping(let keys, let context):
      let position = Document.Position(line: context.mark.line, column: context.mark.column)
      let names = keys.prefix(5).map { "`\($0.shown(limit: 40))`" }.joined(separator: ", ")
      return source.diagnostic(
        file: file, at: position, length: 1, "key \(names) is written twice in one mapping",
        suggestion: "remove one of them")
    case .reader(let problem, _, _, _):
      return Diagnostic(file: file, message: "the file is not YAML: \(problem)")
    default:
      return Diagnostic(file: file, message: "the file is not YAML")
    }
  }

  /// Where the thing begins that could not be read, when that says more than where reading it stopped: words with a
  /// special first character, lines without a `:`, and what the end of the file left open.
  private static func beginning(
    of context: YamlError.Context?, problem: String, mark: Mark, source: SourceLines
  ) -> Mark? {
    guard let context, context.mark.line > 0 else { return nil }
    let isWord = ["an alias", "an anchor", "a tag"].contains { context.text.hasSuffix("scanning \($0)") }
    let isEnd = source.isEnd(Document.Position(line: mark.line, column: mark.column))
    return isWord || isEnd || problem.contains("could not find expected ':'") ? context.mark : nil
  }

  private static func words(problem: String, context: String?, rest: Substring) -> (String, suggestion: String?) {
    let next = rest.first
    if next == "\t" || problem.contains("tab") { return ("a tab cannot indent YAML", "use spaces") }
    if context?.contains("scanning a") == true && "*&!".contains(next ?? " ") || problem.contains("undefined alias") {
      let word = rest.prefix { !" ,]}".contains($0) }
      return (
        "a value that begins with `\(next.map(String.init) ?? "*")` must be quoted",
        "write \"\(word.shown(limit: 60))\""
      )
    }
    if problem.contains("mapping values are not allowed") {
      return (
        "a `key: value` cannot begin here",
        "quote a text that has `: ` in it, or write it as a block after `|`; else check the indentation"
      )
    }
    if problem.contains("cannot start any token"), let next {
      return ("a value cannot begin with `\(String(next).shown())`", "put the value in quotes")
    }
    if problem.contains("could not find expected ':'") {
      return ("this line has no `:`", "write `key: value`, or indent the line if it belongs to the value above")
    }
    if problem.contains("did not find expected key") {
      return (
        "no key was found where one is expected", "check the indentation and the quotes of this line and the one above"
      )
    }
    if problem.contains("did not find expected '-' indicator") {
      return ("no `-` was found where the next item of the list is expected", "check the indentation")
    }
    if problem.contains("Maximum nesting level") { return ("lists and mappings are nested too deep", nil) }
    if problem.contains("<document start>") {
      return ("the file's value ends above, and something follows", "a file is one mapping of `key: value` lines")
    }
    if problem.contains("unknown escape") {
      return ("a backslash in double quotes begins an escape, and this is none", "use single quotes, or write \\\\")
    }
    if problem.contains("expected comment or line break") {
      return ("nothing may follow a `|` or `>` on its line", "put the text on the next line, indented")
    }
    if problem.contains("expected node content") {
      return ("a value is missing here, or a bracket is not closed", nil)
    }
    if problem.contains("unexpected end of stream") || problem.contains("document indicator") {
      return ("the file ends within a quoted text", "close the quotes")
    }
    if problem.contains("expected ',' or ']'") { return ("a list in `[ ]` is not closed, or lacks a comma", nil) }
    if problem.contains("expected ',' or '}'") { return ("a mapping in `{ }` is not closed, or lacks a comma", nil) }
    return ((context.map { "\($0.shown()): " } ?? "") + problem.shown(), nil)
  }
}
