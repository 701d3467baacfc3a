import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 2: kill -9 of the agent while a run goes on")
struct Fault02_AgentKilledTests {
  private static let whole = (1...30).map { "line \($0)\n" }.joined()
  private static let pipeline = """
    steps:
      - name: count
        run: |
          i=1
          while [ $i -le 30 ]; do echo "line $i"; i=$((i + 1)); sleep 0.01; done
    finally: [ "sleep 0.3; echo after" ]
    """

  @Test("at 25 random moments no run and no line is lost")
  func random() throws {
    var shop = try Shop("fault2", pipeline: Self.pipeline)
    let agent = shop.agent
    var random = SeededGenerator(seed: 20_261_123)
    try agent.start()
    for round in 1...25 {
      let number = try shop.pushNext("round \(round)")
      // From right after the answer to about the end of the run.
      usleep(UInt32.random(in: 0..<450_000, using: &random))
      agent.kill9()
      try agent.start()
      let shown = try agent.finished(number)
      #expect(shown.run.state == .succeeded, "round \(round): \(shown.run.reason ?? "")")
      #expect(try agent.stepLog(number, "01-") == Self.whole, "round \(round)")
      #expect(shown.events.count(where: { $0.event == .runFinished }) == 1, "round \(round)")
    }
    agent.kill9()
    #expect(try runChecked(["sqlite3", agent.area.file("data/pushrod.db"), "PRAGMA integrity_check"]) == "ok")
  }

  @Test("in each phase, twice in a row, the run goes on to its end", arguments: AgentUnderTest.Phase.allCases)
  func phases(phase: AgentUnderTest.Phase) throws {
    let shop = try Shop("fault2", pipeline: Self.pipeline, files: 1500)
    let agent = shop.agent
    try agent.start()
    let number = try shop.push()
    try agent.wait(for: phase, of: number)
    agent.kill9()
    let runner = try agent.runner(of: number).runner
    try agent.start()
    agent.kill9()
    try agent.start()
    let shown = try agent.finished(number)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
    #expect(try agent.stepLog(number, "01-") == Self.whole)
    #expect(try agent.stepLog(number, "02-") == "after\n")
    // One runner from beginning to end.
    #expect(shown.events.filter { $0.event == .runStarted }.map(\.pid) == [Int(runner)])
  }

  @Test("a follower that comes back to the new agent gets exactly the rest")
  func follower() throws {
    let shop = try Shop("fault2", pipeline: Self.pipeline)
    let agent = shop.agent
    try agent.start()
    let number = try shop.push()
    try agent.wait(for: .step, of: number)
    let output = agent.area.file("tail.out")
    let tail = try ServerProcess(
      [builtExecutable("pushrod"), "tail", String(number), "--socket", agent.socket], env: ["NO_COLOR": "1"],
      output: output)
    defer { tail.stop() }
    try waitUntil("the follower has some lines") { tail.log.contains("line 3\n") }
    agent.kill9()
    try agent.start()
    _ = try agent.finished(number)
    try waitUntil("the follower is done") { tail.hasExited }
    let lines = tail.log.split(separator: "\n").filter { $0.hasPrefix("line ") }.map { $0 + "\n" }.joined()
    #expect(lines == Self.whole)
  }
}
