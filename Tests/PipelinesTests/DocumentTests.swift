import Foundation
import Testing

@testable import Pipelines

/// Reading YAML at all: limits, what is refused, and where the mistake is said to be.
@Suite struct DocumentTests {
  private func refusal(
    _ bytes: [UInt8], limits: Document.Limits = .init(), sourceLocation: SourceLocation = #_sourceLocation
  ) -> [Diagnostic] {
    do {
      let document = try Document.parse(bytes, file: "f.yml", limits: limits)
      let findings = Findings(document)
      if findings.all.isEmpty { Issue.record("was accepted", sourceLocation: sourceLocation) }
      return findings.all
    } catch {
      return error.all
    }
  }

  private func refusal(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> [Diagnostic] {
    refusal(Array(text.utf8), sourceLocation: sourceLocation)
  }

  @Test("text is kept as written, whatever it looks like")
  func plainText() throws {
    let document = try Document.parse(Array("on: yes\nn: 1.10\no: 0o17\nd: 2026-01-02\ne: 1e3\nx: =\n".utf8), file: "f")
    guard case .mapping(let entries) = document.root.content else {
      Issue.record("not a mapping")
      return
    }
    #expect(entries.map(\.key) == ["on", "n", "o", "d", "e", "x"])
    let texts = entries.map { entry in
      if case .scalar(let text, _) = entry.value.content { text } else { "?" }
    }
    #expect(texts == ["yes", "1.10", "0o17", "2026-01-02", "1e3", "="])
  }

  @Test("nested aliases are refused before anything is composed")
  func aliasBomb() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...30 {
      text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
    }
    // As a key the bomb would go off while it is composed.
    text += "? *a30\n: boom\n"
    let found = refusal(text)
    #expect(found.count == 1)
    #expect(found[0].message == "aliases such as `*a0` are not allowed; write the value again")
    #expect(found[0].line == 2)
  }

  @Test(
    "hostile shapes are refused, and none keeps the reader busy",
    arguments: [
      String(repeating: "? ", count: 120_000),
      String(repeating: "{? ", count: 80_000),
      String(repeating: "[", count: 250_000),
      String(repeating: "- ", count: 120_000),
      String(repeating: "{a: ", count: 60_000),
      "[" + String(repeating: "[],", count: 80_000) + "]",
      String(repeating: "&a ", count: 80_000),
      String(repeating: "&a *a ", count: 40_000),
      (0..<900).map { String(repeating: " ", count: $0 % 256) + "k\($0):" }.joined(separator: "\n"),
      String(repeating: "a: 1\n", count: 50_000),
      (0..<200).map { "? [" + Array(repeating: "x", count: 500).joined(separator: ",") + "]\n: \($0)\n" }.joined(),
      String(repeating: "\"", count: 250_000),
      String(repeating: "!a ", count: 80_000),
      String(repeating: "%A b\n", count: 50_000),
      "--- a\n" + String(repeating: "--- a\n", count: 40_000),
    ])
  func hostileShapes(text: String) {
    #expect(!refusal(text).isEmpty)
  }

  // libyaml stops at a thousand levels; until then Yams recurses. Threads have 8 MiB unless somebody says otherwise.
  @Test("a thousand nested levels fit on a quarter of a thread's stack")
  func smallStack() async {
    let text = String(repeating: "{a: ", count: 990) + "1" + String(repeating: "}", count: 990)
    let found: [Diagnostic] = await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: refusal(text)) }
      thread.stackSize = 2 << 20
      thread.start()
    }
    #expect(found.contains { $0.message == "lists and mappings are nested more than 32 levels deep" })
  }

  @Test("a single anchor, alias or merge key is refused with its place")
  func anchors() {
    let found = refusal("a: &x [1]\nb: *x\nc: {<<: 1}\n")
    #expect(found.map { "\($0.line):\($0.column)" } == ["1:4", "3:5"])
    #expect(found[0].message.contains("`&x`"))
    #expect(found[1].message == "merge keys (`<<`) are not allowed")
  }

  @Test("shell text with ampersands and stars is no alias")
  func shellText() throws {
    let script = """
      run: |
        make >build.log 2>&1 &
        sleep 1 &wait
        echo $((2 *wait)) *wait
        cmd1 && cmd2 &>/dev/null
        case $x in ?) echo one ;; esac
      """
    let document = try Document.parse(Array(script.utf8), file: "f")
    #expect(Findings(document).all.isEmpty)
  }

  @Test("a tag is what an unquoted exclusion becomes, and the advice is to quote it")
  func tags() {
    let found = refusal("branches:\n  - main\n  - !release/old/**\nother: !!int 3\n")
    #expect(
      found.map { "\($0.line):\($0.column) \($0.message)" } == [
        "3:5 `!release/old/**` is read as a YAML tag", "4:8 `!!int` is read as a YAML tag",
      ])
    #expect(found[0].suggestion == "put it in quotes: \"!release/old/**\"")
    let flow = refusal("branches: [main, !old/**]\n")
    #expect(flow.map(\.message) == ["a value that begins with `!` must be quoted"])
    #expect(flow[0].suggestion == "write \"!old/**\"")
  }

  @Test("an unquoted star is explained")
  func unquotedStar() {
    for text in ["branches: [*]", "branches: [main, *]", "branches:\n  - *-stable\n", "a: *b"] {
      let found = refusal(text)
      #expect(found.count == 1)
      #expect(found.first?.message == "a value that begins with `*` must be quoted", "\(text): \(found)")
    }
  }

  @Test("keys written twice are all found, each with both places, and the rest is read on")
  func duplicateKeys() {
    let found = refusal("a: 1\nb: {c: 1, 'd': 2, c: 3}\n\"a\": 2\na: 3\né: 1\né: 2\n")
    #expect(
      found.map { "\($0.line):\($0.column) \($0.message)" } == [
        "2:19 key `c` is written twice; the first is in line 2, column 5",
        "3:1 key `a` is written twice; the first is in line 1, column 1",
        "4:1 key `a` is written twice; the first is in line 1, column 1",
        "6:1 key `é` is written twice; the first is in line 5, column 1",
      ])
  }

  @Test(
    "twice the same odd key is refused as well", arguments: ["{[a]: 1, [a]: 2}", "\"\": 1\n\"\": 2", "-a: 1\n-a: 2"])
  func oddDuplicateKeys(text: String) {
    #expect(!refusal(text).isEmpty)
  }

  @Test("more than one document, none, and a mapping that is no mapping are told apart")
  func documents() {
    #expect(refusal("a: 1\n---\nb: 2\n")[0].message == "a second document begins here; a file holds one")
    #expect(refusal("")[0].message == "the file is empty")
    #expect(refusal("# nothing\n")[0].message == "the file is empty")
  }

  @Test("bytes that are not text are refused with their line")
  func notText() {
    #expect(refusal(Array("a: 1\nb: \u{0}\n".utf8))[0].line == 2)
    let latin: [UInt8] = Array("a: 1\nb: ".utf8) + [0xe9, 0x0a]
    #expect(refusal(latin)[0].message == "the line is not UTF-8 text")
    #expect(refusal(latin)[0].line == 2)
    #expect(refusal("a: \u{1b}[31m")[0].excerpt == "a: \\u{1b}[31m")
    #expect(refusal("a: \u{1b}[31m")[0].column == 4)
  }

  @Test("a byte order mark and Windows line ends are accepted")
  func byteOrderMark() throws {
    let document = try Document.parse([0xef, 0xbb, 0xbf] + Array("a: 1\r\nb: 2\r\n".utf8), file: "f")
    #expect(Findings(document).all.isEmpty)
    #expect(Findings(document).root.fields(["a", "b"])?["b"]?.node.position.line == 2)
  }

  @Test("size and number of values are bounded")
  func bounds() {
    #expect(refusal(Array(repeating: 0x20, count: 300_000))[0].message.contains("more than the 262144"))
    let many = "[" + (0..<100).map(String.init).joined(separator: ",") + "]"
    #expect(
      refusal(Array(many.utf8), limits: .init(nodes: 50)).map(\.message) == ["the file has more than 50 values"])
  }

  @Test(
    "syntax errors say what to do",
    arguments: [
      ("run: \"a: b\n", "the file ends within a quoted text"),
      ("a:\n\tb: 1\n", "a tab cannot indent YAML"),
      ("run: curl -H Accept: x\n", "a `key: value` cannot begin here"),
      ("steps: [a, b\nname: x\n", "a list in `[ ]` is not closed, or lacks a comma"),
      ("a: {b: 1\n", "a mapping in `{ }` is not closed, or lacks a comma"),
      ("a: @b\n", "a value cannot begin with `@`"),
      ("a: 1\nb\nc: 2\n", "this line has no `:`"),
      ("- a\nb: 1\n", "no `-` was found where the next item of the list is expected"),
      ("a: \"x\n", "the file ends within a quoted text"), ("a: \"\\q\"\n", "a backslash in double quotes"),
      ("a: |x\n  y\n", "nothing may follow a `|`"), ("a: [\n", "a value is missing here, or a bracket"),
    ])
  func syntax(text: String, message: String) {
    let found = refusal(text)
    #expect(found.count == 1)
    #expect(found[0].message.hasPrefix(message), "\(found[0].rendered)")
    #expect(found[0].line > 0)
  }
}
