/// Collects every mistake that is found while one document is read.
package final class Findings {
  let document: Document
  package private(set) var all: [Diagnostic]

  /// More than this many help nobody.
  private static let limit = 100

  package init(_ document: Document) {
    self.document = document
    all = document.problems
  }

  /// The whole document, with its mistakes going here.
  package var root: Value { Value(document.root, path: "", findings: self) }

  package func report(
    at position: Document.Position, length: Int = 1, _ message: String, suggestion: String? = nil
  ) {
    guard all.count < Findings.limit else { return }
    let found = document.diagnostic(at: position, length: length, message, suggestion: suggestion)
    if !all.contains(found) { all.append(found) }
  }

  /// - Throws: what was found, in the order of the file; nothing where nothing was.
  package func check() throws(Diagnostics) {
    if !all.isEmpty { throw Diagnostics(all.inFileOrder) }
  }
}
