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
    #expect(LogfmtHandler.quoted(text) == expected)
  }

  @Test("a line has the level, what happened, the words, and the rest by name")
  func line() {
    let handler = LogfmtHandler(level: .info, environment: ["JOURNAL_STREAM": "8:1234"])
    let event = LogEvent(
      level: .warning, message: "a delivery was rejected",
      metadata: ["source": "github", "event": "delivery_rejected", "address": "192.0.2.1"], source: "test",
      file: #file, function: #function, line: #line)

    #expect(
      handler.line(for: event)
        == "<4>level=warning event=delivery_rejected msg=\"a delivery was rejected\" address=192.0.2.1 source=github\n")
  }
}
