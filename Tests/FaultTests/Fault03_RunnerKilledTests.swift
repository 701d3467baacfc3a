import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 3: kill -9 of the runner")
struct Fault03_RunnerKilledTests {
  enum Victim: String, Sendable { case runner, guardian, both }

  private static let moments: [(AgentUnderTest.Phase, Victim)] =
    AgentUnderTest.Phase.allCases.map { ($0, .runner) } + [(.step, .guardian), (.checkout, .both), (.step, .both)]

  /// The first run leaves files of every kind half made; the next one must see none of them.
  private static let pipeline = """
    steps:
      - name: build
        run: |
          test ! -e half; test ! -e build/half; test -z "$(git status --porcelain --ignored)"
          if [ "$(cat index.html)" = two ]; then exit 0; fi
          mkdir -p build; echo half > half; echo half > build/half; echo half > src/0/0.txt
          if [ -e "$HERE/in-step" ]; then setsid sh -c 'sleep 1000 & wait' & sleep 1000; fi
    finally: [ "sleep 1000" ]
    """

  @Test("it is interrupted at once, its tree is dead, and its workspace is not used", arguments: moments)
  func phases(phase: AgentUnderTest.Phase, victim: Victim) throws {
    let files = try TemporaryDirectory("fault3")
    if phase == .step { try files.write("in-step", "") }
    let pipeline = "env: { HERE: \(files.path) }\n" + Self.pipeline
    var shop = try Shop("fault3", pipeline: pipeline, files: 1500)
    let agent = shop.agent
    try agent.start()
    let number = try shop.pushNext("one")
    try agent.wait(for: phase, of: number)
    switch victim {
    case .runner: kill(try agent.runner(of: number).runner, SIGKILL)
    case .guardian: kill(try agent.runner(of: number).guardian, SIGKILL)
    case .both: try agent.killRunner(of: number)
    }
    let shown = try agent.finished(number, within: 20)
    #expect(shown.run.state == .interrupted)
    // From just before the first file is touched.
    let wasMarked = FileManager.default.fileExists(atPath: agent.area.file("data/workspaces/shop.unfinished"))
    #expect(wasMarked || phase == .fetch || phase == .checkout)
    #expect(shown.run.reason?.hasPrefix("the runner died") == true)
    // The guardian may have a moment's work left.
    try waitUntil("nothing of the run is left", within: 10) { agent.stepProcesses.isEmpty }

    let next = try shop.pushNext("two")
    // Its `finally` step would sleep on; what is to be seen is over before that.
    try agent.wait(for: .finally, of: next)
    let events = agent.events(next)
    #expect(events.first { $0.event == .stepFinished && $0.step == 1 }?.stepState == .succeeded)
    // Which run it was is not in a mark whose maker was killed between making and writing it.
    let isMarked = try agent.stepLog(next, "00-").contains("did not come to its end here")
    #expect(isMarked == wasMarked)
    // The first one leaves `finally` to its end.
    for _ in 1...2 { try agent.pushrod("cancel", String(next)) }
    _ = try agent.finished(next)
  }

  @Test("on_interrupt: rerun runs the same commit again, three attempts at most, and says so")
  func rerun() throws {
    // The parent of a step is its keeper, whose parent is the runner.
    let shop = try Shop(
      "fault3",
      pipeline: "on_interrupt: rerun\nsteps: [ 'echo $PUSHROD_ATTEMPT; kill -9 $(ps -o ppid= -p $PPID); sleep 1000' ]")
    let agent = shop.agent
    try agent.start()
    _ = try shop.push()
    let runs = try (1...3).map { try agent.finished($0).run }
    #expect(runs.map(\.state) == [.interrupted, .interrupted, .interrupted])
    #expect(runs.map(\.request.attempt) == [1, 2, 3])
    #expect(runs.map(\.request.rerunOf) == [nil, 1, 2])
    #expect(Set(runs.map(\.request.commit)).count == 1)
    #expect(runs[0].reason?.hasSuffix("its commit is run again as run 2") == true)
    #expect(
      runs[2].reason?.hasSuffix("it is not run again, because this was interruption 3 in a row, of at most 3") == true)
    #expect(try agent.pushrod("show", "4").status == 1)
    #expect(try agent.pushrod("show", "2").output.contains("again after run 1"))
  }

  @Test("an attempt that lives ends the chain")
  func rerunSucceeds() throws {
    let shop = try Shop(
      "fault3",
      pipeline:
        "on_interrupt: rerun\nsteps: [ 'if [ $PUSHROD_ATTEMPT = 1 ]; then kill -9 $(ps -o ppid= -p $PPID); sleep 1000; fi' ]"
    )
    let agent = shop.agent
    try agent.start()
    _ = try shop.push()
    #expect(try agent.finished(1).run.state == .interrupted)
    #expect(try agent.finished(2).run.state == .succeeded)
    #expect(try agent.pushrod("show", "3").status == 1)
  }
}
