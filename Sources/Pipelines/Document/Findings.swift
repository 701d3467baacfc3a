/// Collects every mistake that is found while one document is read.
package final class Findings {
  let document: Document
  private var found: [Diagnostic]
  private var hiddenLines: Set<Int> = []
  private var included: [Findings] = []
  private var foreign: [Diagnostic] = []

  /// More than this many help nobody.
  private static let limit = 100

  package init(_ document: Document) {
    self.document = document
    found = document.problems
  }

  /// In the order of the file.
  package var all: [Diagnostic] {
    let own = found.inFileOrder.map { diagnostic in
      guard hiddenLines.contains(diagnostic.line) else { return diagnostic }
      var hidden = diagnostic
      hidden.excerpt = nil
      return hidden
    }
    return own + included.flatMap(\.all) + foreign
  }

  /// The whole document, with its mistakes going here.
  package var root: Value { Value(document.root, path: "", findings: self) }

  /// Those of another file that this one includes come after this one's.
  func include(_ other: Findings) { included.append(other) }

  func include(_ mistakes: Diagnostics) { foreign += mistakes.all }

  package func report(
    at position: Document.Position, length: Int = 1, _ message: String, suggestion: String? = nil
  ) {
    guard found.count < Findings.limit else { return }
    let diagnostic = document.diagnostic(at: position, length: length, message, suggestion: suggestion)
    if !found.contains(diagnostic) { found.append(diagnostic) }
  }

  /// Keeps the lines of `node` out of every report, also of those about something else on them.
  func hide(_ node: Document.Node) {
    switch node.content {
    case .scalar(let text, _):
      // A quoted or folded text may have more lines in the file than in its value.
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
      hiddenLines.formUnion(node.position.line...(node.position.line + lines))
    case .list(let items): items.forEach(hide)
    case .mapping(let entries): entries.forEach { hide($0.value) }
    }
  }

  func hide(line: Int) { hiddenLines.insert(line) }

  /// - Throws: what was found, in the order of the file; nothing where nothing was.
  package func check() throws(Diagnostics) {
    let all = all
    if !all.isEmpty { throw Diagnostics(all) }
  }
}
