import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("Words of a step: when, retry, interruptible, detach")
struct StepWordsTests {
  // MARK: when

  @Test("a step whose conditions do not hold is skipped and says why; the steps after it run")
  func conditions() throws {
    let fixture = try RunFixture()
    func when(_ condition: StepCondition) -> Step { Step("s\(UUID())", "echo ran") { $0.when = condition } }
    let run = try fixture.run(
      .init(
        steps: [
          when(.init(branches: ["main"], events: [.push])), when(.init(branches: ["dev"])), when(.init(tags: ["v*"])),
          when(.init(branches: ["**", "!ma*"])), when(.init(events: [.manual])),
          when(.init(branches: ["main"], tags: ["v*"])), when(.init(statuses: [.failed])),
          when(.init(statuses: [.succeeded, .failed])), Step(name: "last", run: "echo last"),
        ]))
    #expect(run.end?.runState == .succeeded)
    #expect(try run.log(1) == "ran\n")
    #expect(run.skipped(2) == #"branch "main" not in [dev]"#)
    #expect(run.skipped(3) == "the run is of refs/heads/main, which is no tag in [v*]")
    #expect(run.skipped(4) == #"branch "main" excluded by "!ma*""#)
    #expect(run.skipped(5) == #"event "push" not in [manual]"#)
    #expect(run.skipped(6) == "the run is of refs/heads/main, which is no tag in [v*]")
    #expect(run.skipped(7) == "no step has failed")
    #expect(try run.log(8) == "ran\n")
    #expect(try run.log(9) == "last\n")
  }

  @Test("a repetition counts as what it repeats, and a push found by comparing tips as a push")
  func origins() throws {
    let commit = try #require(CommitID(String(repeating: "a", count: 40)))
    let pipeline = Pipeline(
      name: "shop", repository: try RepositoryURL("https://github.com/acme/shop.git"),
      triggers: Triggers(push: nil, manual: true), steps: [])
    var request = RunRequest(
      pipeline: pipeline, trigger: .poll, ref: try #require(RefName("refs/heads/main")), commit: commit)
    let condition = StepCondition(events: [.push])
    #expect(ConditionCheck(request: request, leftOut: nil).obstacle(condition, of: 1) == nil)
    request.trigger = .rerun
    request.origin = .poll
    #expect(ConditionCheck(request: request, leftOut: nil).obstacle(condition, of: 1) == nil)
    request.origin = .schedule
    #expect(
      ConditionCheck(request: request, leftOut: nil).obstacle(condition, of: 1) == #"event "schedule" not in [push]"#)
  }

  // MARK: retry

  @Test("a step that fails is tried again, knows which try it is, and says so in log and events")
  func retry() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(
      .init(
        steps: [
          Step("flaky", "echo try $PUSHROD_TRY of attempt $PUSHROD_ATTEMPT; [ $PUSHROD_TRY = 3 ]") {
            $0.retry = Retry(times: 4, wait: Seconds(0.05), backoff: 2)
          }
        ]))
    #expect(run.end?.runState == .succeeded)
    #expect(
      try run.log(1) == """
        try 1 of attempt 1
        pushrod: try 1 of 5: exit 1; the next begins in 50 ms
        try 2 of attempt 1
        pushrod: try 2 of 5: exit 1; the next begins in 100 ms
        try 3 of attempt 1

        """)
    let retried = run.events.filter { $0.event == .stepRetried }
    #expect(retried.map(\.attempt) == [2, 3])
    #expect(retried.map(\.reason) == ["exit 1", "exit 1"])
    #expect(run.events.count { $0.event == .stepStarted && $0.step == 1 } == 1)
  }

  @Test("the tries are counted, a time-out is a failure like others, and the last one decides")
  func exhausted() throws {
    let run = try RunFixture().run(
      .init(
        steps: [
          Step("slow", "printf 'half a line'; exec sleep 1000") {
            $0.retry = Retry(times: 1)
            $0.timeout = Seconds(0.5)
          }
        ]))
    #expect(run.end?.runState == .timedOut)
    #expect(run.finished(1)?.stepState == .timedOut)
    let told = "pushrod: the step's time limit is over; TERM to all of its processes, KILL in 10 s\n"
    #expect(
      try run.log(1)
        == "half a line\n\(told)pushrod: try 1 of 2: timed out after 500 ms\nhalf a line\n\(told)")
  }

  @Test("a cancel between two tries ends the step; so does one during a try")
  func cancelledRetry() throws {
    for wait in [Seconds(600), Seconds(0)] {
      let runner = try RunFixture().start(
        .init(
          steps: [
            Step("a", "echo ready $PUSHROD_TRY; [ $PUSHROD_TRY = 1 ] || sleep 1000; exit 3") {
              $0.retry = Retry(times: 5, wait: wait)
            }
          ]))
      try runner.wait(forText: wait.value > 0 ? "the next begins in 10 min" : "ready 2", step: 1)
      _ = try runner.directory.send(ControlMessage(action: .cancel, by: "anna"))
      #expect(runner.waitForExit() == 0)
      let run = try RunRecordRead(runner)
      #expect(run.end?.runState == .cancelled)
      #expect(run.finished(1)?.stepState == .cancelled)
      #expect(run.finished(1)?.reason == "cancelled by anna")
      // A try that never began is none.
      #expect(run.events.count { $0.event == .stepRetried } == (wait.value > 0 ? 0 : 1))
    }
  }

  // MARK: interruptible

  @Test(
    "a step that cannot be interrupted is not tried again after a cancel, in a try and between two",
    arguments: [true, false])
  func noFurtherTry(duringTry: Bool) throws {
    let fixture = try RunFixture()
    let gate = fixture.folder.file("gate")
    let runner = try fixture.start(
      .init(steps: [
        Step(
          "live",
          "echo try $PUSHROD_TRY; " + (duringTry ? "while [ ! -e \(gate) ]; do sleep 0.05; done; " : "") + "exit 5"
        ) {
          $0.isInterruptible = false
          $0.retry = Retry(times: 3, wait: Seconds(duringTry ? 0.1 : 600))
        }
      ]))
    try runner.wait(forText: duringTry ? "try 1" : "the next begins in", step: 1)
    #expect(try runner.directory.send(ControlMessage(action: .cancel)).ok)
    try runner.wait(forText: "cannot be interrupted", step: 1)
    #expect(FileManager.default.createFile(atPath: gate, contents: nil))
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.runState == .cancelled && run.end?.failedStep == "live")
    #expect(run.finished(1)?.exitCode == 5)
    #expect(try !run.log(1).contains("try 2\n"))
  }

  @Test("a cancel waits for a step that cannot be interrupted, and log and events say so")
  func uninterruptible() throws {
    let fixture = try RunFixture()
    let go = fixture.folder.file("go")
    let runner = try fixture.start(
      .init(
        steps: [
          Step("live", "echo ready; until [ -e \(go) ]; do sleep 0.05; done; echo whole") {
            $0.isInterruptible = false
          }, Step(name: "next", run: "true"),
        ], finally: [Step(name: "tidy", run: "echo $PUSHROD_STATUS")]))
    try runner.wait(forText: "ready", step: 1)
    _ = try runner.directory.send(ControlMessage(action: .cancel, by: "anna"))
    try runner.wait(forText: "pushrod: cancelled by anna; this step cannot be interrupted", step: 1)
    let stopping = try runner.wait { $0.event == .stopping }
    #expect(stopping.reason == #"cancelled by anna; waits for the end of "live", which cannot be interrupted"#)
    #expect(FileManager.default.createFile(atPath: go, contents: nil))
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.finished(1)?.stepState == .succeeded)
    #expect(try run.log(1).hasSuffix("whole\n"))
    #expect(run.skipped(2) == "cancelled by anna")
    #expect(run.end?.runState == .cancelled)
    #expect(run.end?.failedStep == nil)
    #expect(try run.log(3) == "cancelled\n")
  }

  @Test("the run's time limit waits for it too; its own does not")
  func uninterruptibleTime() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(
      .init(steps: [Step("live", "sleep 3; echo whole") { $0.isInterruptible = false }], timeout: 2))
    #expect(try run.log(1).hasSuffix("whole\n"))
    #expect(run.end?.runState == .timedOut)
    let own = try fixture.run(
      .init(
        steps: [
          Step("live", "sleep 1000") {
            $0.isInterruptible = false
            $0.timeout = Seconds(0.3)
          }
        ]))
    #expect(own.end?.reason == #"step "live" timed out after 300 ms"#)
  }

  // MARK: detach

  @Test(
    "what a `detach` step leaves behind outlives step and run, also when it goes on writing; elsewhere nothing does")
  func detach() throws {
    let fixture = try RunFixture()
    let marks = (1...3).map { "detach-\($0)-\(UUID().uuidString)" }
    func server(_ mark: String) -> String { "sh -c 'while :; do echo tick; sleep 0.05; done' \(mark) & echo started" }
    let run = try fixture.run(
      .init(
        steps: [
          Step("server", server(marks[0])) { $0.isDetached = true }, Step(name: "other", run: server(marks[1])),
          Step("fails", server(marks[2]) + "; exit 1") { $0.isDetached = true },
        ]))
    defer {
      for process in StoppingTests.processes(with: marks[0]).compactMap(pid_t.init) { kill(process, SIGKILL) }
    }
    #expect(run.finished(1)?.stepState == .succeeded)
    let size = try run.bytes(1).count
    #expect(run.finished(1)?.usage?.logBytes == size)
    usleep(300_000)
    #expect(StoppingTests.processes(with: marks[0]).count == 1)
    #expect(StoppingTests.processes(with: marks[1]).isEmpty)
    #expect(StoppingTests.processes(with: marks[2]).isEmpty)
    #expect(try run.bytes(1).count == size, "the log of a step that is over does not grow")
    #expect(!run.directory.isLocked)
    // Its keeper goes with it, and takes the control groups along.
    for process in StoppingTests.processes(with: marks[0]).compactMap(pid_t.init) { kill(process, SIGKILL) }
    if let cgroup = run.events.first?.cgroup {
      try waiting { FileManager.default.fileExists(atPath: cgroup) ? nil : () }
    }
  }

  @Test("a cancel ends a `detach` step with all of its tree")
  func cancelledDetach() throws {
    let mark = "detach-\(UUID().uuidString)"
    let runner = try RunFixture().start(
      .init(
        steps: [Step("a", "\(StoppingTests.daemon(mark)); echo ready; sleep 1000") { $0.isDetached = true }], grace: 1))
    try runner.wait(forText: "ready", step: 1)
    _ = try runner.directory.send(ControlMessage(action: .cancel))
    #expect(runner.waitForExit() == 0)
    #expect(StoppingTests.processes(with: mark).isEmpty)
  }
}
