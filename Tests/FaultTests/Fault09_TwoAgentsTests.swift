import EndToEndSupport
import TestSupport
import Testing

@Suite("Fault 9: two agents on one data directory")
struct Fault09_TwoAgentsTests {
  @Test("the second refuses in words, and the first goes on")
  func secondRefuses() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault9")
    try agent.start()
    let second = try run(
      [
        builtExecutable("pushrod"), "serve", "--config", agent.configuration, "--socket",
        agent.area.file("second.sock"),
      ],
      env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner")])
    #expect(second.status == 1)
    #expect(second.errorOutput.contains("another pushrod agent is using the data directory"), "\(second.errorOutput)")
    #expect(try agent.pushrod("doctor", "--config", agent.configuration).output.contains("answers on"))
  }
}
