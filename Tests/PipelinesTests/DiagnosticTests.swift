import Testing

@testable import Pipelines

@Suite struct DiagnosticTests {
  private func diagnostic(_ text: String, line: Int, column: Int, length: Int = 1) -> Diagnostic {
    SourceLines(text).diagnostic(
      file: "shop.yml", at: .init(line: line, column: column), length: length, "unknown key `brances` in `on.push`",
      suggestion: "did you mean `branches`?")
  }

  @Test("the caret stands under the place, with the advice beside it")
  func caret() {
    let rendered = diagnostic("on:\n  push:\n    brances: [main]\n", line: 3, column: 5, length: 7).rendered
    #expect(
      rendered == """
        shop.yml:3:5: unknown key `brances` in `on.push`
           3 |     brances: [main]
             |     ^^^^^^^ did you mean `branches`?
        """)
  }

  @Test("control characters are escaped, and the caret moves with them")
  func controls() {
    let found = diagnostic("a\u{1b}[2J\u{202e}b: x", line: 1, column: 7)
    #expect(found.excerpt == "a\\u{1b}[2J\\u{202e}b: x")
    #expect(found.caret == 19)
    let unsafe = found.rendered.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" || $0 == "\u{202e}" }
    #expect(unsafe.isEmpty)
  }

  @Test("a long line is cut around the place")
  func longLine() {
    let line = String(repeating: "x", count: 5_000) + "HERE" + String(repeating: "y", count: 5_000)
    let found = diagnostic(line, line: 1, column: 5_001, length: 4)
    let excerpt = Array(found.excerpt ?? "")
    #expect(excerpt.count <= 122)
    #expect(String(excerpt[(found.caret - 1)..<(found.caret - 1 + found.span)]) == "HERE")
  }

  @Test("a place that does not exist has no excerpt and does no harm")
  func noPlace() {
    #expect(diagnostic("a", line: 9, column: 9).excerpt == nil)
    #expect(diagnostic("a", line: 1, column: 90).excerpt == "a")
    #expect(Diagnostic(file: "--listen", message: "m", suggestion: "s").rendered == "--listen: m\n  s")
  }

  @Test("one line sums a file's mistakes up")
  func summary() {
    let found = diagnostic("brances:", line: 1, column: 1)
    #expect(
      Diagnostics([found, found]).summary
        == "shop.yml:1:1: unknown key `brances` in `on.push`; did you mean `branches`? (and 1 more)")
  }

  @Test(
    "the nearest word is suggested, a far one is not",
    arguments: [
      ("brances", "branches"), ("branchs", "branches"), ("tag", "tags"), ("Tags", "tags"), ("publicUrl", "public_url"),
      ("timout", "timeout"), ("tiemout", "timeout"), ("allow-failure", "allow_failure"), ("xyz", nil), ("a", nil),
      ("", nil),
    ] as [(String, String?)])
  func suggestion(word: String, expected: String?) {
    let words = ["branches", "tags", "public_url", "timeout", "allow_failure"]
    #expect(Suggestion.nearest(to: word, among: words) == expected)
  }
}
