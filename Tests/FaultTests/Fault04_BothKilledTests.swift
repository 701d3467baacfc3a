import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 4: kill -9 of agent and runner")
struct Fault04_BothKilledTests {
  private static let pipeline = """
    on_interrupt: rerun
    steps:
      - name: work
        run: |
          if [ $PUSHROD_ATTEMPT = 1 ]; then setsid sh -c 'sleep 1000 & wait' & sleep 1000; fi
          echo done
    """

  @Test("in each phase the next agent finds the run interrupted", arguments: AgentUnderTest.Phase.allCases)
  func phases(phase: AgentUnderTest.Phase) throws {
    let shop = try Shop(
      "fault4",
      pipeline: "steps: [ 'if [ \(phase) = step ]; then sleep 1000; fi' ]\nfinally: [ 'sleep 1000' ]", files: 1500)
    let agent = shop.agent
    try agent.start()
    let number = try shop.push()
    try agent.wait(for: phase, of: number)
    agent.kill9()
    try agent.killRunner(of: number)
    try agent.start()
    let shown = try agent.finished(number, within: 20)
    #expect(shown.run.state == .interrupted)
    #expect(agent.stepProcesses.isEmpty)
    #expect(!agent.events(number).contains { $0.event == .runFinished })
  }

  @Test("with on_interrupt: rerun there is exactly one more run, whenever the agent is killed again")
  func rerunOnce() throws {
    var shop = try Shop("fault4", pipeline: Self.pipeline)
    let agent = shop.agent
    var random = SeededGenerator(seed: 4)
    try agent.start()
    for round in 1...8 {
      let number = try shop.pushNext("round \(round)")
      try agent.wait(for: .step, of: number)
      agent.kill9()
      try agent.killRunner(of: number)
      // Killed again around the moment in which the end and the repetition are recorded.
      for _ in 1...2 {
        try agent.start()
        usleep(UInt32.random(in: 0..<40_000, using: &random))
        agent.kill9()
      }
      try agent.start()
      #expect(try agent.finished(number).run.state == .interrupted, "round \(round)")
      #expect(try agent.finished(number + 1).run.state == .succeeded, "round \(round)")
      #expect(try agent.showRun(number + 1).run.request.rerunOf == number, "round \(round)")
      #expect(try agent.pushrod("show", String(number + 2)).status == 1, "round \(round): a run too many")
      #expect(agent.stepProcesses.isEmpty, "round \(round)")
    }
  }

  @Test(
    "where there is no cgroup, what runs on is found by its environment, and nothing else is touched",
    .enabled(if: WithoutCgroups.isPossible, "only root can take the cgroup file system away from a process"),
    arguments: [true, false])
  func noCgroup(agentLives: Bool) throws {
    let shop = try Shop("fault4", pipeline: Self.pipeline.replacing("rerun", with: "fail"))
    let agent = shop.agent
    let runner = try WithoutCgroups.runner(in: agent.area)
    try agent.start(environment: ["PUSHROD_RUNNER": runner])
    let number = try shop.push()
    try agent.wait(for: .step, of: number)
    #expect(agent.events(number).first { $0.event == .runStarted }?.cgroup == nil)
    try waitUntil("the background process is there") { agent.stepProcesses.count >= 3 }
    // The same number, of another agent's data.
    let foreign = try ServerProcess(
      ["sleep", "1000"],
      env: ["PUSHROD_RUN": "\(number)", "PUSHROD_WORKSPACE": "/elsewhere/workspaces/shop"],
      output: agent.area.file("foreign.log"))
    defer { foreign.stop() }
    if !agentLives { agent.kill9() }
    try agent.killRunner(of: number)
    if !agentLives {
      #expect(!agent.stepProcesses.isEmpty)
      try agent.start(environment: ["PUSHROD_RUNNER": runner])
    }
    #expect(try agent.finished(number, within: 20).run.state == .interrupted)
    #expect(agent.stepProcesses.isEmpty)
    #expect(Processes.isAlive(foreign.pid))
  }
}
