import Yams

/// libyaml's complaints in the words of somebody who edits a file.
enum SyntaxError {
  static func diagnostic(for error: any Error, file: String, source: SourceLines) -> Diagnostic {
    guard let error = error as? YamlError else {
      return Diagnostic(file: file, message: "the file is not YAML: \(error)")
    }
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let position = Document.Position(line: mark.line, column: mark.column)
      let (message, suggestion) = words(
        problem: problem, context: context?.text, rest: source.text(from: position))
      let start = context.map { $0.mark.line > 0 && $0.mark.line != mark.line ? " (begun in line \($0.mark.line))" : "" }
      return source.diagnostic(
        file: file, at: position, length: 1, message + (start ?? ""), suggestion: suggestion)
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

  private static func words(problem: String, context: String?, rest: Substring) -> (String, suggestion: String?) {
    let next = rest.first
    if next == "\t" { return ("a tab cannot indent YAML", "use spaces") }
    if context?.contains("alias") == true || context?.contains("anchor") == true || problem.contains("undefined alias") {
      let word = rest.prefix { !" ,]}".contains($0) }
      return ("a value that begins with `\(next.map(String.init) ?? "*")` must be quoted", "write \"\(word.shown(limit: 60))\"")
    }
    if problem.contains("another document") {
      return ("a second document begins here; a file holds one", "put it in a file of its own")
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
      return ("no key was found where one is expected", "check the indentation and the quotes of this line and the one above")
    }
    if problem.contains("did not find expected '-' indicator") {
      return ("no `-` was found where the next item of the list is expected", "check the indentation")
    }
    if problem.contains("unexpected end of stream") || problem.contains("document indicator") {
      return ("the file ends within a quoted text", "close the quotes")
    }
    if problem.contains("expected ',' or ']'") { return ("a list in `[ ]` is not closed, or lacks a comma", nil) }
    if problem.contains("expected ',' or '}'") { return ("a mapping in `{ }` is not closed, or lacks a comma", nil) }
    return ((context.map { "\($0.shown()): " } ?? "") + problem.shown(), nil)
  }
}
