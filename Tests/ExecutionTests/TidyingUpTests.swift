import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("`on_failure` and `finally`: what runs after the steps")
struct TidyingUpTests {
  @Test("after a failure come the steps of `on_failure`, whatever becomes of them, and then those of `finally`")
  func onFailure() throws {
    let say = "echo $PUSHROD_STATUS/$PUSHROD_FAILED_STEP"
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "test", run: "exit 3"), Step(name: "never", run: "true")],
        onFailure: [Step(name: "collect", run: say + "; exit 5"), Step(name: "more", run: say)],
        finally: [Step(name: "tidy", run: say)]))
    #expect(run.end?.reason == #"step "test" failed: exit 3"#)
    for step in 3...5 { #expect(try run.log(step) == "failed/test\n") }
    #expect(run.finished(3)?.stepState == .failed)
  }

  @Test("`on_failure` is for failures and time-outs; a run that succeeds or is cancelled leaves it out")
  func noFailure() throws {
    let fixture = try RunFixture()
    let collect = [Step(name: "collect", run: "true")]
    let succeeded = try fixture.run(.init(steps: [Step(name: "a", run: "true")], onFailure: collect))
    #expect(succeeded.finished(2) == nil)
    let timedOut = try fixture.run(
      .init(steps: [Step(name: "a", run: "sleep 1000", timeout: Seconds(0.3))], onFailure: collect))
    #expect(timedOut.finished(2)?.stepState == .succeeded)
    let runner = try fixture.start(
      .init(
        steps: [Step(name: "a", run: "echo ready; sleep 1000")], onFailure: collect,
        finally: [Step(name: "tidy", run: "true")]))
    try runner.wait(forText: "ready", step: 1)
    _ = try runner.directory.send(ControlMessage(action: .cancel))
    #expect(runner.waitForExit() == 0)
    let cancelled = try RunRecordRead(runner)
    #expect(cancelled.finished(2) == nil)
    #expect(cancelled.finished(3)?.stepState == .succeeded)
  }

  @Test("a condition on the status also holds in `finally`, where it asks how the run ended")
  func finallyStatus() throws {
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "a", run: "true")],
        finally: [
          Step("bad", "true") { $0.when = .init(statuses: [.failed]) },
          Step("good", "true") { $0.when = .init(statuses: [.succeeded]) },
          Step("elsewhere", "true") { $0.when = .init(branches: ["dev"]) },
        ]))
    #expect(run.skipped(2) == "no step has failed")
    #expect(run.finished(3)?.stepState == .succeeded)
    #expect(run.skipped(4) == #"branch "main" not in [dev]"#)
  }

  @Test("a cancel while `finally` runs leaves it to its end, and a second one ends it", arguments: [1, 2])
  func finallyCancelled(times: Int) throws {
    let fixture = try RunFixture()
    let gate = fixture.folder.file("gate")
    let runner = try fixture.start(
      .init(
        steps: [Step(name: "a", run: "true")],
        finally: [
          Step(name: "tidy", run: "echo ready; while [ ! -e \(gate) ]; do sleep 0.05; done; echo tidied"),
          Step(name: "still", run: "echo $PUSHROD_STATUS [$PUSHROD_FAILED_STEP]"),
        ]))
    try runner.wait(forText: "ready", step: 2)
    for _ in 1...times {
      #expect(try runner.directory.send(ControlMessage(action: .cancel, by: "anna")).ok)
      try runner.wait { $0.event == .stopping }
    }
    if times == 1 { #expect(FileManager.default.createFile(atPath: gate, contents: nil)) }
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    let stopping = run.events.filter { $0.event == .stopping }.map(\.reason)
    #expect(stopping.first == "cancelled by anna; `finally` goes on to its end, unless that is asked for again")
    #expect(stopping.count == times)
    if times == 1 {
      #expect(run.end?.runState == .succeeded)
      #expect(try run.log(2) == "ready\ntidied\n" && run.log(3) == "succeeded []\n")
    } else {
      #expect(run.end?.runState == .cancelled)
      #expect(run.finished(2)?.stepState == .cancelled && run.skipped(3) == "cancelled by anna")
    }
  }

  @Test("in `finally` the status is that of `steps`, whatever becomes of what tidies up")
  func finallyStatusStays() throws {
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "a", run: "true")],
        finally: [
          Step(name: "bad", run: "exit 4"), Step(name: "after", run: "echo $PUSHROD_STATUS [$PUSHROD_FAILED_STEP]"),
          Step("good", "true") { $0.when = .init(statuses: [.succeeded]) },
          Step("no", "true") { $0.when = .init(statuses: [.failed]) },
        ]))
    #expect(try run.log(3) == "succeeded []\n")
    #expect(run.finished(4)?.stepState == .succeeded)
    #expect(run.skipped(5) == "no step has failed")
    #expect(run.end?.runState == .failed && run.end?.failedStep == "bad")
  }

  @Test("a step that may fail is not named as the one that failed, also where the time limit ended it")
  func allowedIsNotNamed() throws {
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "a", run: "sleep 1000", allowFailure: true)],
        finally: [Step(name: "tell", run: "echo $PUSHROD_STATUS [$PUSHROD_FAILED_STEP]")], timeout: 1))
    #expect(try run.log(2) == "timed_out []\n")
  }
}
