import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@Suite("The command pushrod-runner")
struct RunnerCommandTests {
  let runner = builtExecutable("pushrod-runner")

  @Test("it says its version, and how it is used")
  func usage() throws {
    #expect(try run([runner, "--version"]).output == "pushrod-runner \(PushrodVersion.current)")
    #expect(try run([runner, "a", "b"]).status == 2)
    #expect(try run([runner, "--nonsense"]).status == 2)
  }

  @Test("a line that is no handover ends it with a sentence that repeats nothing of it")
  func nonsense() throws {
    for input in ["", "{}", "{\"secrets\":{\"A\":\"hunter2\"}}\n"] {
      let result = try run([runner], input: Array(input.utf8))
      #expect(result.status == 1)
      #expect(!result.errorOutput.contains("hunter2"))
    }
    #expect(try run([runner], input: [UInt8](repeating: 0x20, count: 3 << 20)).status == 1)
  }

  @Test("a run is carried out once: a second runner leaves the directory as it is")
  func once() throws {
    let fixture = try RunFixture()
    let first = try fixture.start(.init(steps: [Step(name: "a", run: "echo ready; sleep 1000")]))
    try first.wait(forText: "ready", step: 1)
    let handover = Handover(directory: first.directory.path, secrets: [:], credentials: [])
    #expect(try RunningRunner(handover, directory: first.directory, fixture: fixture).waitForExit() == 1)
    _ = try first.directory.send(ControlMessage(action: .cancel))
    #expect(first.waitForExit() == 0)
    let before = try first.directory.events()
    #expect(try RunningRunner(handover, directory: first.directory, fixture: fixture).waitForExit() == 1)
    #expect(try first.directory.events() == before)
    #expect(
      try RunningRunner(handover, directory: first.directory, fixture: fixture, arguments: ["/elsewhere"]).waitForExit()
        == 2)
  }

  @Test("a spec of another version is refused")
  func version() throws {
    let fixture = try RunFixture()
    let directory = try fixture.directory(for: .init(steps: []) { $0.version = 99 })
    let handover = Handover(directory: directory.path, secrets: [:], credentials: [])
    #expect(try RunningRunner(handover, directory: directory, fixture: fixture).waitForExit() == 1)
    #expect(try directory.events().isEmpty)
  }

  @Test("probe lists the refs of every remote, with a reason where one does not answer")
  func probe() throws {
    let fixture = try RunFixture()
    let request = ProbeRequest(
      remotes: [
        .init(url: fixture.repository.url, credentials: [], allowedSchemes: [.file]),
        .init(url: "file:///nowhere/at/all.git", credentials: [], allowedSchemes: [.file]),
        .init(url: fixture.repository.url, credentials: [], allowedSchemes: [.https]),
      ], timeout: 20)
    let result = try run([runner, "probe"], input: Array(try JSON.encoder().encode(request)))
    let answer = try JSON.decoder().decode(ProbeAnswer.self, from: Data(result.stdout))
    let commit = try fixture.repository.git("rev-parse", "HEAD")
    #expect(answer.libgit2.hasPrefix("1."))
    #expect(answer.remotes.count == 3)
    #expect(answer.remotes[0].tips?.contains { $0.name == "refs/heads/main" && $0.id == commit } == true)
    #expect(answer.remotes[1].error != nil && answer.remotes[1].tips == nil)
    #expect(answer.remotes[2].error != nil)
  }
}
