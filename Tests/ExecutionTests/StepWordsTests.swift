import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("Words of a step: when, retry, on_failure, interruptible, detach, outputs")
struct StepWordsTests {
  private func step(_ name: String, _ run: String, _ change: (inout Step) -> Void) -> Step {
    var step = Step(name: name, run: run)
    change(&step)
    return step
  }

  // MARK: when

  @Test("a step whose conditions do not hold is skipped and says why; the steps after it run")
  func conditions() throws {
    let fixture = try RunFixture()
    func when(_ condition: StepCondition) -> Step { step("s\(UUID())", "echo ran") { $0.when = condition } }
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
          step("flaky", "echo try $PUSHROD_TRY of attempt $PUSHROD_ATTEMPT; [ $PUSHROD_TRY = 3 ]") {
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
          step("slow", "printf 'half a line'; exec sleep 1000") {
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
            step("a", "echo ready $PUSHROD_TRY; [ $PUSHROD_TRY = 1 ] || sleep 1000; exit 3") {
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
      #expect(run.events.count { $0.event == .stepRetried } == 1)
    }
  }

  // MARK: on_failure and finally

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
          step("bad", "true") { $0.when = .init(statuses: [.failed]) },
          step("good", "true") { $0.when = .init(statuses: [.succeeded]) },
          step("elsewhere", "true") { $0.when = .init(branches: ["dev"]) },
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
          step("good", "true") { $0.when = .init(statuses: [.succeeded]) },
          step("no", "true") { $0.when = .init(statuses: [.failed]) },
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

  // MARK: interruptible

  @Test(
    "a step that cannot be interrupted is not tried again after a cancel, in a try and between two",
    arguments: [true, false])
  func noFurtherTry(duringTry: Bool) throws {
    let fixture = try RunFixture()
    let gate = fixture.folder.file("gate")
    let runner = try fixture.start(
      .init(steps: [
        step(
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
          step("live", "echo ready; until [ -e \(go) ]; do sleep 0.05; done; echo whole") {
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
      .init(steps: [step("live", "sleep 3; echo whole") { $0.isInterruptible = false }], timeout: 2))
    #expect(try run.log(1).hasSuffix("whole\n"))
    #expect(run.end?.runState == .timedOut)
    let own = try fixture.run(
      .init(
        steps: [
          step("live", "sleep 1000") {
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
          step("server", server(marks[0])) { $0.isDetached = true }, Step(name: "other", run: server(marks[1])),
          step("fails", server(marks[2]) + "; exit 1") { $0.isDetached = true },
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
        steps: [step("a", "\(StoppingTests.daemon(mark)); echo ready; sleep 1000") { $0.isDetached = true }], grace: 1))
    try runner.wait(forText: "ready", step: 1)
    _ = try runner.directory.send(ControlMessage(action: .cancel))
    #expect(runner.waitForExit() == 0)
    #expect(StoppingTests.processes(with: mark).isEmpty)
  }

  // MARK: Outputs

  @Test("what a step writes to PUSHROD_OUTPUT is a variable of later steps, over `env`, under the step's own")
  func outputs() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(
      .init(
        steps: [
          Step(
            name: "a",
            run: """
              echo VERSION=1.2 >> "$PUSHROD_OUTPUT"
              printf 'NOTES<<END\\none = 1\\n\\nthree\\nEND\\nEMPTY=' >> "$PUSHROD_OUTPUT"
              """), Step(name: "b", run: "echo VERSION=2.0=x > $PUSHROD_OUTPUT"),
          Step(name: "c", run: #"echo "$VERSION/$NOTES/$EMPTY/$OWN""#, environment: ["OWN": "own"]),
        ], finally: [Step(name: "f", run: "echo $VERSION")], environment: ["VERSION": "pipeline"]))
    #expect(run.end?.runState == .succeeded)
    #expect(try run.log(3) == "2.0=x/one = 1\n\nthree//own\n")
    #expect(try run.log(4) == "2.0=x\n")
    #expect(run.finished(1)?.outputs == ["VERSION", "NOTES", "EMPTY"])
    #expect(run.finished(3)?.outputs == nil)
    let events = try String(contentsOfFile: run.directory.eventsPath, encoding: .utf8)
    #expect(!events.contains("2.0=x"), "only names are on record")
    let left = try FileManager.default.contentsOfDirectory(atPath: run.directory.path).filter { $0.contains("output") }
    #expect(left.isEmpty)
  }

  @Test("a secret that is handed on is masked where it is shown, and reaches the next step whole")
  func secretOutput() throws {
    let run = try RunFixture().run(
      .init(
        steps: [
          Step(name: "a", run: "echo URL=https://x:$TOKEN@host > $PUSHROD_OUTPUT"),
          Step(name: "b", run: #"echo "$URL"; printf %s "$URL" | wc -c"#),
        ], secrets: ["TOKEN": "canary-5512"]))
    #expect(try run.log(2) == "https://x:***@host\n26\n")
  }

  @Test(
    "a bad line fails the step with its number",
    arguments: [
      ("echo A=1; echo what", #"line 2 of $PUSHROD_OUTPUT: there is no `=`; write NAME=value"#),
      ("echo PATH=/tmp", "line 1 of $PUSHROD_OUTPUT: `PATH` cannot be handed on"),
      ("echo ld_preload=x", "`ld_preload` cannot be handed on"), ("echo PUSHROD_RUN=7", "`PUSHROD_RUN` cannot be"),
      ("echo TOKEN=x", "`TOKEN` is the name of a secret"), ("echo 1A=x", "`1A` cannot name a variable"),
      ("echo 'A <<END'", "no line below it is `END` alone"),
      ("printf 'A<<END\\nx\\n'", "line 1 of $PUSHROD_OUTPUT: no line below"),
      ("echo 'A<END'", "write NAME=value, or NAME<<WORD"), ("printf 'A=\\377'", "is not UTF-8"),
      ("printf 'A=%040000d' 1", "longer than 32768 bytes"), ("for i in $(seq 65); do echo A$i=1; done", "more than 64"),
      ("for i in 1 2 3 4 5; do printf 'A%d=%032000d\\n' $i 1; done", "all values together"),
      ("head -c 300000 /dev/zero | tr '\\0' '\\n'", "$PUSHROD_OUTPUT is longer than 262144 bytes"),
    ])
  func badOutputs(script: String, words: String) throws {
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "a", run: "(\(script)) > $PUSHROD_OUTPUT"), Step(name: "b", run: "true")],
        secrets: ["TOKEN": "canary-5512"]))
    #expect(run.end?.runState == .failed)
    #expect(run.finished(1)?.reason?.contains(words) == true, "\(run.finished(1)?.reason ?? "")")
    #expect(try run.log(1).contains(words))
    #expect(run.finished(1)?.outputs == nil)
  }

  @Test(
    "whatever a step puts in the place of the file, nothing waits and nothing else is read",
    arguments: [
      "rm $PUSHROD_OUTPUT; mkfifo $PUSHROD_OUTPUT", "ln -sf /etc/passwd $PUSHROD_OUTPUT",
      "rm $PUSHROD_OUTPUT; mkdir $PUSHROD_OUTPUT", "rm $PUSHROD_OUTPUT",
    ])
  func hostileFile(script: String) throws {
    let run = try RunFixture().run(script, "true")
    #expect(run.end?.runState == .succeeded)
    #expect(run.finished(1)?.outputs == nil)
  }
}
