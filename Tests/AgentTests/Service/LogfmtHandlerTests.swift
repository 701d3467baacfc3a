import Foundation
import Logging
import Testing

@testable import Agent

@Suite struct LogfmtHandlerTests {
  @Test(
    "a value cannot pass for another field, another line or a terminal's control sequence",
    arguments: [
      ("plain", "plain"), ("", #""""#), ("two words", #""two words""#), (#"say "hi""#, #""say \"hi\"""#),
      ("a=b", #""a=b""#), ("x\nlevel=error", #""x\nlevel=error""#), ("\u{1b}[31m", #""\u{1b}[31m""#),
      ("tab\t\\", #""tab\t\\""#), ("Grüße", #""Grüße""#), ("\u{85}", #""\u{85}""#),
    ])
  func quoting(text: String, expected: String) {
    var line: [UInt8] = []
    LogfmtHandler.appendQuoted(text, to: &line)
    #expect(String(decoding: line, as: UTF8.self) == expected)
  }

  @Test("a time is in UTC with milliseconds, as RFC 3339 writes it")
  func time() throws {
    let before = Date()
    var text: [UInt8] = []
    LogTime.append(to: &text)
    let written = String(decoding: text, as: UTF8.self)
    let read = try Date(written, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    #expect(written.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    #expect(read.timeIntervalSince(before) > -0.002 && read.timeIntervalSince(before) < 60)
  }

  @Test("a line has the level, what happened, the words, and the rest by name")
  func line() {
    let handler = LogfmtHandler(level: .info, environment: ["JOURNAL_STREAM": "8:1234"])
    let event = LogEvent(
      level: .warning, message: "a delivery was rejected",
      metadata: ["source": "github", "event": "delivery_rejected", "address": "192.0.2.1"], source: "test",
      file: #file, function: #function, line: #line)

    #expect(
      String(decoding: handler.line(for: event), as: UTF8.self)
        == "<4>level=warning event=delivery_rejected msg=\"a delivery was rejected\" address=192.0.2.1 source=github\n")
  }
}
