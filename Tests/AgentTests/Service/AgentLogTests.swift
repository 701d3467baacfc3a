import Foundation
import Logging
import Testing

@testable import Agent

@Suite("The agent's log") struct AgentLogTests {
  @Test(
    "a value cannot pass for another field, another line or a terminal's control sequence",
    arguments: [
      ("plain", "plain"), ("", #""""#), ("two words", #""two words""#), (#"say "hi""#, #""say \"hi\"""#),
      ("a=b", #""a=b""#), ("x\nlevel=error", #""x\nlevel=error""#), ("\u{1b}[31m", #""\u{1b}[31m""#),
      ("tab\t\\", #""tab\t\\""#), ("Grüße", #""Grüße""#), ("\u{85}", #""\u{85}""#),
      ("\u{202e}gpj.exe", #""\u{202e}gpj.exe""#), ("\u{2028}", #""\u{2028}""#), ("\u{0}", #""\u{0}""#),
    ])
  func quoting(text: String, expected: String) {
    var line: [UInt8] = []
    LogfmtLine.appendQuoted(text, to: &line)
    #expect(String(decoding: line, as: UTF8.self) == expected)
  }

  @Test("a time is in UTC with milliseconds, as RFC 3339 writes it")
  func time() throws {
    let before = Date()
    let written = LogTime.now()
    let read = try Date(written, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    #expect(written.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    #expect(read.timeIntervalSince(before) > -0.002 && read.timeIntervalSince(before) < 60)
  }

  private func line(json: Bool, journal: Bool, _ metadata: Logger.Metadata) -> String {
    let handler = AgentLogHandler(level: .info, isJSON: json, isForJournal: journal)
    let event = LogEvent(
      level: .warning, message: "a delivery was rejected", metadata: metadata, source: "test", file: #file,
      function: #function, line: #line)
    return String(decoding: handler.line(for: event), as: UTF8.self)
  }

  @Test("a line has the level, what happened, the words, and the rest by name")
  func line() {
    #expect(
      line(
        json: false, journal: true,
        ["source": "github", "event": "delivery_rejected", "address": "192.0.2.1", "stage": "verify"])
        == "<4>level=warning event=delivery_rejected msg=\"a delivery was rejected\" address=192.0.2.1 "
        + "source=github stage=verify\n")
  }

  @Test("a JSON line says the same, in one line, whatever is in it")
  func json() throws {
    let hostile = "x\"\n\u{1b}[31m\\ \u{0}\u{202e}\u{2028} Grüße 🚀"
    let text = line(json: true, journal: false, ["event": "e", "reason": "\(hostile)", "run": "7"])
    #expect(text.hasSuffix("}\n") && text.dropLast().allSatisfy { !$0.isNewline })
    #expect(!text.unicodeScalars.dropLast().contains { $0.isUnseen })
    let read = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String])
    #expect(read["reason"] == hostile)
    #expect(read["msg"] == "a delivery was rejected" && read["run"] == "7" && read["level"] == "warning")
    #expect(read["time"]?.hasSuffix("Z") == true)
  }

  @Test("the journal gets the level as sd-daemon(3) says, and the time is its own")
  func journal() {
    let text = line(json: true, journal: true, ["event": "e"])
    #expect(text == "<4>{\"level\":\"warning\",\"event\":\"e\",\"msg\":\"a delivery was rejected\"}\n")
  }

  @Test("a JOURNAL_STREAM that is another stream than standard error changes nothing")
  func otherStream() {
    let handler = AgentLogHandler(level: .info, environment: ["JOURNAL_STREAM": "1:1"])
    let event = LogEvent(
      level: .info, message: "m", metadata: nil, source: "test", file: #file, function: #function, line: #line)
    #expect(String(decoding: handler.line(for: event), as: UTF8.self).hasPrefix("time="))
  }
}
