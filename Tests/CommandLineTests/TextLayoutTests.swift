import FoundationEssentials
import Testing

@testable import pushrod

@Suite("Text for people")
struct TextLayoutTests {
  @Test("a table's columns are aligned, its foreign text is on one line and harmless")
  func table() {
    var table = Table(["RUN", "PIPELINE", "WHY"], rightAligned: [0])
    table.add(["7", "shop", ""])
    table.add(["12", "a-long-one", "two\nlines \u{1b}[2Jand a\ttab"])
    #expect(
      table.lines(width: nil) == [
        "RUN  PIPELINE    WHY", "  7  shop", " 12  a-long-one  two lines and a tab",
      ])
    #expect(table.lines(width: 20)[2] == " 12  a-long-…  two …")
  }

  @Test("on a narrow terminal the widest columns are shrunk, and the last one says what it can")
  func narrowTable() {
    var table = Table(["NO", "EVENT", "CAME", "SIZE", "VERDICT"], rightAligned: [0], whole: [2])
    let reason = "ignored: branch \"topic\" is none of [main, release/**]"
    table.add(["7", "push", "just now", "3 KB", "started run 12"])
    table.add(["123456789012", "customer.subscription.deleted", "2026-11-23 16:05Z", "3 KB", reason])
    #expect(
      table.lines(width: 80) == [
        "          NO  EVENT            CAME               SIZE  VERDICT",
        "           7  push             just now           3 KB  started run 12",
        "123456789012  customer.subsc…  2026-11-23 16:05Z  3 KB  ignored: branch \"topic\"…",
      ])
    #expect(table.lines(width: 70)[2] == "123456789012  custome…  2026-11-23 16:05Z  3 KB  ignored: branch \"top…")
    #expect(table.lines(width: nil)[2].hasSuffix(reason))
    #expect(table.lines(width: 200) == table.lines(width: nil))
  }

  @Test("the short last columns stay where one before them is wide")
  func shortLastColumn() {
    var table = Table(["STEP", "NAME", "RESULT", "LOG"], rightAligned: [0])
    table.add(["1", "build", "failed: the program make, which is not in the PATH", "12 KB"])
    #expect(table.lines(width: 40)[1] == "   1  build  failed: the program…  12 KB")
  }

  @Test(
    "JSON is laid out without being changed",
    arguments: [
      (
        #"{"b":1.10,"a":[1,{"c":"x, {y}"}],"e":{},"f":[ ]}"#,
        "{\n  \"b\": 1.10,\n  \"a\": [\n    1,\n    {\n      \"c\": \"x, {y}\"\n    }\n  ],\n  \"e\": {},\n  \"f\": []\n}"
      ),
      (#"["a\"]","\\"]"#, "[\n  \"a\\\"]\",\n  \"\\\\\"\n]"),
      ("a=b&c=d", nil), (#"{"a":1"#, nil), ("[1}", nil), (#"{"a"#, nil), ("", nil),
    ] as [(String, String?)])
  func json(text: String, laidOut: String?) {
    #expect(JSONLayout.indented(text) == laidOut)
  }

  @Test(
    "times are told as people say them",
    arguments: [
      (0, "just now"), (-3, "just now"), (59, "59 s ago"), (61, "1 min ago"), (7300, "2 h ago"),
      (200_000, "2 d ago"), (90 * 86_400, "2023-08-16"), (-7200, "2023-11-15"),
    ] as [(Double, String)])
  func ago(seconds: Double, words: String) {
    let now = Date(timeIntervalSince1970: 1_700_000_000)
    #expect(Wording.ago(now.addingTimeInterval(-seconds), now: now) == words)
  }

  @Test("one thing is told as one", arguments: [(0, "0 refs"), (1, "1 ref"), (2, "2 refs")])
  func count(number: Int, words: String) {
    #expect(Wording.count(number, "ref") == words)
  }

  @Test(
    "sizes are told as people say them",
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1 KB"), (3890, "3.8 KB"), (25 << 20, "25 MB"), (1 << 30, "1 GB"),
      (1_048_575, "1 MB"),
    ])
  func size(bytes: Int, words: String) {
    #expect(Wording.size(bytes) == words)
  }
}
