import EndToEndSupport
import TestSupport
import Testing

@Suite("pushrod serve")
struct ServeCommandTests {
  @Test(
    "says which key names a port that another program has, and nothing of what it stops for that",
    arguments: ["listen", "api.listen"])
  func takenPort(key: String) throws {
    let other = try ScriptedServer { $0.waitUntilGone() }
    let agent = try AgentUnderTest(
      pipelines: [:], settings: key == "api.listen" ? "api: { listen: 127.0.0.1:\(other.port) }" : "")
    let flags = key == "listen" ? ["--listen", "127.0.0.1:\(other.port)"] : []
    let result = try run(
      [builtExecutable("pushrod"), "serve", "--config", agent.configuration] + flags,
      env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner")])
    #expect(result.status == 1)
    let said = result.output + result.errorOutput
    #expect(said.contains("pushrod: cannot listen on 127.0.0.1:\(other.port) (`\(key)`): another program"), "\(said)")
    #expect(said.contains("ss -ltnp"), "\(said)")
    #expect(!said.contains("level=error") && !said.contains("CancellationError"), "\(said)")
    other.stop()
  }

  @Test(
    "takes a flag that makes no sense for wrong use",
    arguments: [["--listen", "x"], ["--runs-parallel", "0"], ["--public-url", "nowhere"]])
  func wrongFlag(flag: [String]) throws {
    let agent = try AgentUnderTest(pipelines: [:])
    let result = try run([builtExecutable("pushrod"), "serve", "--config", agent.configuration] + flag)
    #expect(result.status == 2, "\(result.errorOutput)")
    #expect(result.errorOutput.contains(flag[0]), "\(result.errorOutput)")
  }
}
