import FoundationEssentials
import Model
import Testing

@testable import pushrod

@Suite("A run in the terminal")
struct RunPrinterTests {
  private static let date = Date(timeIntervalSince1970: 1_700_000_000)

  private static func run() throws -> Run {
    Run(
      number: 12,
      request: RunRequest(
        pipeline: Pipeline(
          name: "shop", repository: try RepositoryURL("https://example.org/shop"),
          triggers: Triggers(push: nil, manual: true), steps: []),
        trigger: .push, ref: try #require(RefName("refs/heads/main")),
        commit: CommitID(String(repeating: "a", count: 40))),
      state: .running, queuedAt: date)
  }

  private static func event(
    _ kind: RunEvent.Kind, _ step: Int? = nil, _ name: String? = nil, state: RunEvent.StepState? = nil,
    runState: RunState? = nil, exitCode: Int? = nil, reason: String? = nil, allowed: Bool? = nil, wall: Double? = nil
  ) -> LogMessage {
    .event(
      RunEvent(
        at: date, event: kind, step: step, name: name, stepState: state, runState: runState, exitCode: exitCode,
        reason: reason, allowedFailure: allowed,
        usage: wall.map { .init(wall: Seconds($0), cpu: 0, peakMemory: 0, logBytes: 0) }))
  }

  private static func log(_ step: Int, _ text: String, offset: Int = 0, times: [[Int]]? = nil) -> LogMessage {
    .log(LogMessage.Piece(step: step, offset: offset, text: text, base64: nil, times: times))
  }

  private static func text(_ printer: inout RunPrinter, _ messages: [LogMessage]) -> String {
    String(decoding: messages.flatMap { printer.output(for: $0) }, as: UTF8.self)
  }

  private static let messages = [
    event(.runStarted),
    event(.stepStarted, 0, "fetch"),
    log(0, "fetching\n"),
    event(.stepFinished, 0, state: .succeeded, wall: 4.2),
    event(.stepStarted, 1, "lint"),
    event(.stepFinished, 1, state: .failed, exitCode: 1, allowed: true, wall: 1),
    event(.stepStarted, 2, "test"),
    log(2, "one\u{1b}]0;x\u{7}\nno line end"),
    event(.stepFinished, 2, state: .failed, exitCode: 3, wall: 0.3),
    event(.stepSkipped, 3, "deploy", reason: "an earlier step failed"),
    event(.runFinished, runState: .failed, reason: "step \"test\" failed: exit 3"),
  ]

  @Test("while several steps run, lines come whole with the step's name before them; alone, a step writes as it likes")
  func several() throws {
    var printer = RunPrinter(run: try Self.run(), terminal: Terminal(isColoured: false, width: nil))
    let text = Self.text(
      &printer,
      [
        Self.event(.stepStarted, 1, "test"), Self.log(1, "alone, hal"), Self.event(.stepStarted, 2, "lint"),
        Self.log(1, "f\nthe\u{1b}[2Jn "), Self.log(2, "a.c\nb.c\n"), Self.log(1, "whole\n"), Self.log(2, "rest"),
        Self.event(.stepFinished, 2, state: .succeeded), Self.log(1, "alone again"),
        Self.event(.stepFinished, 1, state: .succeeded),
      ])
    #expect(
      text == """
        ▶ test
        alone, hal
        ▶ lint
        lint | a.c
        lint | b.c
        test | f
        test | then whole
        lint | rest
        ✓ lint
        alone again
        ✓ test

        """
        || text == """
          ▶ test
          alone, hal
          ▶ lint
          test | f
          lint | a.c
          lint | b.c
          test | then whole
          lint | rest
          ✓ lint
          alone again
          ✓ test

          """
    )
  }

  @Test("steps have headings, logs stand under them, and the last line says how it ended")
  func whole() throws {
    var printer = RunPrinter(run: try Self.run(), terminal: Terminal(isColoured: false, width: nil))
    #expect(
      Self.text(&printer, Self.messages) == """
        ▶ fetch
        fetching
        ✓ fetch 4.2 s
        ▶ lint
        ✗ lint exit 1 (1 s), which is allowed
        ▶ test
        one
        no line end
        ✗ test exit 3 (300 ms)
        – deploy skipped: an earlier step failed
        run 12 of shop failed: step "test" failed: exit 3

        """)
  }

  @Test("one step's output can be had alone, by name or number", arguments: ["test", "2"])
  func oneStep(name: String) throws {
    var printer = RunPrinter(
      run: try Self.run(), terminal: Terminal(isColoured: false, width: nil), onlyStep: name)
    #expect(Self.text(&printer, Self.messages) == "one\nno line end\n")
    #expect(printer.sawStep)
  }

  @Test("each line gets the time of its first byte, also where a line comes in pieces")
  func times() throws {
    var printer = RunPrinter(
      run: try Self.run(), terminal: Terminal(isColoured: false, width: nil), withTimes: true)
    let start = 1_700_000_000_000
    let messages = [
      Self.log(1, "one\ntwo", offset: 0, times: [[0, start], [4, start + 1500]]),
      Self.log(1, " goes on\r\n\nfour\n", offset: 7, times: [[4, start + 1500], [18, start + 60_000]]),
    ]
    #expect(
      Self.text(&printer, messages) == """
        2023-11-14T22:13:20.000Z one
        2023-11-14T22:13:21.500Z two goes on
        2023-11-14T22:13:21.500Z\u{20}
        2023-11-14T22:14:20.000Z four

        """)
  }

  @Test("a log's colours end with its step")
  func colours() throws {
    var printer = RunPrinter(run: try Self.run(), terminal: Terminal(isColoured: true, width: 80))
    let text = Self.text(
      &printer, [Self.log(1, "\u{1b}[31mred"), Self.event(.stepFinished, 1, "x", state: .succeeded)])
    #expect(text == "\u{1b}[31mred\u{1b}[0m\n\u{1b}[32m✓ x\u{1b}[0m\n")
  }
}
