import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("Steps that wait for a person")
struct ApprovalTests {
  private func asking(_ name: String = "go", timeout: Seconds? = nil, needs: [String]? = nil) -> Step {
    var step = Step(name: name, run: "")
    step.approval = Approval(ask: "Deploy?", timeout: timeout)
    step.needs = needs
    return step
  }

  private func start(_ steps: [Step], timeout: Seconds = 120) throws -> RunningRunner {
    let runner = try RunFixture().start(
      .init(
        steps: steps, onFailure: [Step(name: "collect", run: "echo $PUSHROD_FAILED_STEP")],
        finally: [Step(name: "tidy", run: "echo $PUSHROD_STATUS")], timeout: timeout))
    try runner.wait { $0.event == .waiting }
    return runner
  }

  @Test("a yes lets the run go on, and is on record with who said it")
  func approved() throws {
    let runner = try start([Step(name: "build", run: "true"), asking(), Step(name: "ship", run: "echo shipped")])
    let waiting = try runner.wait { $0.event == .waiting }
    #expect(waiting.step == 2)
    #expect(waiting.name == "go")
    #expect(waiting.reason == "Deploy?")
    let left = try #require(waiting.until).timeIntervalSince(waiting.at)
    #expect((86_399...86_401).contains(left), "a day, where nothing is said")
    #expect(try !runner.directory.events().contains { $0.event == .stepStarted && $0.step == 3 })
    #expect(try runner.directory.send(.init(action: .approve, by: "anna", reason: "looks good")).ok)
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    let answered = try #require(run.events.first { $0.event == .answered })
    #expect(answered.approved == true)
    #expect(answered.by == "anna")
    #expect(answered.reason == "looks good")
    #expect(run.end?.runState == .succeeded)
    #expect(try run.log(3) == "shipped\n")
  }

  @Test("a no fails the run with its reason, nothing after it begins, and on_failure and finally run")
  func rejected() throws {
    let runner = try start([asking(), Step(name: "ship", run: "echo shipped")])
    #expect(try runner.directory.send(.init(action: .reject, by: "anna", step: "go", reason: "it is Friday")).ok)
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.runState == .failed)
    #expect(run.end?.reason == #"step "go" was rejected by anna: it is Friday"#)
    #expect(run.end?.failedStep == "go")
    #expect(run.skipped(2) == #"step "go" did not succeed"#)
    #expect(try run.log(3) == "go\n")
    #expect(try run.log(4) == "failed\n")
  }

  @Test("no answer in time is a failure with that reason")
  func late() throws {
    let runner = try start([asking(timeout: Seconds(0.3)), Step(name: "ship", run: "true")])
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.runState == .failed)
    #expect(run.end?.reason == #"step "go" got no answer within 300 ms"#)
    #expect(run.events.first { $0.event == .answered }?.approved == false)
  }

  @Test("a cancel while it waits ends the run, and the question is taken back")
  func cancelled() throws {
    let runner = try start([asking(), Step(name: "ship", run: "true")])
    _ = try runner.directory.send(.init(action: .cancel, by: "anna"))
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.runState == .cancelled)
    let answered = try #require(run.events.first { $0.event == .answered })
    #expect(answered.approved == nil)
    #expect(answered.reason == "cancelled by anna")
    #expect(run.skipped(2) == "cancelled by anna")
  }

  @Test(
    "a step cannot approve in a person's place",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "needs python3"))
  func ownStep() throws {
    let script = """
      import os, socket, time
      s = socket.socket(socket.AF_UNIX)
      os.chdir(os.environ["PUSHROD_OUTPUT"].rsplit("/", 1)[0])
      s.connect("control")
      s.sendall(b'{"action":"approve","by":"anna"}\\n')
      print(s.recv(1000).decode(), flush=True)
      time.sleep(1000)
      """
    var step = Step(name: "cheat", run: script, shell: ["python3"])
    step.needs = ["first"]
    var first = Step(name: "first", run: "sleep 0.5")
    first.needs = []
    let runner = try start([asking(needs: []), first, step])
    try runner.wait(forText: "a step cannot answer for a person", step: 3)
    #expect(try !runner.directory.events().contains { $0.event == .answered })
    _ = try runner.directory.send(.init(action: .cancel))
    #expect(runner.waitForExit() == 0)
  }

  @Test("while nothing but the question is under way, the run's time stands still")
  func clock() throws {
    let runner = try start([asking(), Step(name: "ship", run: "echo shipped")], timeout: 3)
    usleep(4_000_000)
    #expect(try runner.directory.send(.init(action: .approve)).ok)
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.runState == .succeeded, "\(run.end?.reason ?? "")")
  }

  @Test("other steps go on beside a question; one that fails takes it back")
  func beside() throws {
    let fixture = try RunFixture()
    let go = fixture.folder.file("go")
    var fails = Step(name: "test", run: "until [ -e \(go) ]; do sleep 0.05; done; exit 3")
    fails.needs = []
    let runner = try fixture.start(.init(steps: [asking(needs: []), fails, Step(name: "ship", run: "true")]))
    try runner.wait { $0.event == .waiting }
    try runner.wait { $0.event == .stepStarted && $0.step == 2 }
    #expect(FileManager.default.createFile(atPath: go, contents: nil))
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.reason == #"step "test" failed: exit 3"#)
    let answered = try #require(run.events.first { $0.event == .answered })
    #expect(answered.approved == nil)
    #expect(answered.reason == #"step "test" failed: exit 3"#)
  }

  @Test("an answer says for which step it is, where several ask; what fits no question is refused in words")
  func several() throws {
    let runner = try start([asking("one", needs: []), asking("two", needs: []), Step(name: "ship", run: "true")])
    try runner.wait { $0.event == .waiting && $0.name == "two" }
    let unclear = try runner.directory.send(.init(action: .approve))
    #expect(unclear.error == #"several steps wait for an approval: "one", "two"; name one of them"#)
    let unknown = try runner.directory.send(.init(action: .approve, step: "three"))
    #expect(unknown.error == #"that step does not wait for an approval; "one", "two" does"#)
    let long = try runner.directory.send(
      .init(action: .reject, step: "one", reason: String(repeating: "x", count: 1001)))
    #expect(long.error == "the reason is longer than 1000 bytes")
    #expect(try runner.directory.send(.init(action: .approve, step: "one")).ok)
    #expect(try runner.directory.send(.init(action: .approve)).ok, "only one is left")
    #expect(runner.waitForExit() == 0)
    #expect(try RunRecordRead(runner).end?.runState == .succeeded)
    let idle = try RunFixture().start(.init(steps: [Step(name: "a", run: "echo ready; sleep 1000")]))
    try idle.wait(forText: "ready", step: 1)
    #expect(try idle.directory.send(.init(action: .approve)).error == "no step of it waits for an approval")
  }
}
