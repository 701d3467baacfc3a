import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@Suite("Ending a run from outside")
struct StoppingTests {
  /// Processes whose command line contains a text.
  static func processes(with text: String) -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { name in
      guard Int(name) != nil, name != "\(getpid())",
        let bytes = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
      else { return false }
      return String(decoding: bytes, as: UTF8.self).contains(text)
    }
  }

  /// Something in the background that ignores TERM, in a session of its own, with its parent gone.
  static func daemon(_ mark: String) -> String {
    "(setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' \(mark) </dev/null &)"
  }

  @Test("cancel ends the whole tree, `finally` still runs, and the result says who asked")
  func cancel() throws {
    let fixture = try RunFixture()
    let mark = "cancel-\(UUID().uuidString)"
    let runner = try fixture.start(
      .init(
        steps: [
          Step(name: "long", run: "\(Self.daemon(mark)); sh -c 'kill -STOP $$' \(mark) & echo ready; sleep 1000"),
          Step(name: "next", run: "true"),
        ],
        finally: [Step(name: "tidy", run: "echo $PUSHROD_STATUS")], grace: 1))
    try runner.wait(forText: "ready", step: 1)
    #expect(try runner.directory.send(ControlMessage(action: .cancel, by: "anna")) == ControlReply(ok: true))
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.runState == .cancelled)
    #expect(run.end?.reason == "cancelled by anna")
    #expect(run.finished(1)?.stepState == .cancelled)
    #expect(run.events.contains { $0.event == .stopping && $0.reason == "cancelled by anna" })
    #expect(run.events.contains { $0.event == .stepSkipped && $0.step == 2 })
    #expect(try run.log(3) == "cancelled\n")
    #expect(Self.processes(with: mark).isEmpty)
  }

  @Test("what was done to end a step stands in its log: TERM, the grace period, and KILL for whom")
  func told() throws {
    let runner = try RunFixture().start(
      .init(steps: [Step(name: "a", run: "trap '' TERM; printf ready; while :; do sleep 0.1 || :; done")], grace: 1))
    try runner.wait(forText: "ready", step: 1)
    _ = try runner.directory.send(ControlMessage(action: .cancel, by: "anna"))
    #expect(runner.waitForExit() == 0)
    let lines = try RunRecordRead(runner).log(1).split(separator: "\n")
    #expect(lines.prefix(2) == ["ready", "pushrod: cancelled by anna; TERM to all of its processes, KILL in 1 s"])
    #expect(
      lines.last?.hasPrefix("pushrod: KILL to what had not ended: ") == true && lines.last?.contains("sh") == true,
      "\(lines)")
    // A shell above it would sometimes tell what became of its command.
    let obedient = try RunFixture().run(.init(steps: [Step(name: "a", run: "exec sleep 1000", timeout: 1)]))
    #expect(
      try obedient.log(1) == "pushrod: the step's time limit is over; TERM to all of its processes, KILL in 10 s\n")
  }

  @Test("a step that handles TERM has the grace period for it")
  func grace() throws {
    let runner = try RunFixture().start(
      .init(
        steps: [
          Step(name: "a", run: "trap 'echo tidying; exit 0' TERM; echo ready; while :; do sleep 0.05 || :; done")
        ]))
    try runner.wait(forText: "ready", step: 1)
    _ = try runner.directory.send(ControlMessage(action: .cancel))
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(try run.log(1).contains("tidying"))
    #expect(run.finished(1)?.stepState == .cancelled)
    #expect(run.finished(1)?.exitCode == 0)
  }

  @Test("a second cancel ends `finally` steps as well")
  func twice() throws {
    let runner = try RunFixture().start(
      .init(
        steps: [Step(name: "a", run: "echo ready; sleep 1000")],
        finally: [Step(name: "b", run: "echo ready; sleep 1000"), Step(name: "c", run: "true")]))
    for step in [1, 2] {
      try runner.wait(forText: "ready", step: step)
      _ = try runner.directory.send(ControlMessage(action: .cancel))
    }
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.runState == .cancelled)
    #expect(run.events.contains { $0.event == .stepSkipped && $0.step == 3 })
  }

  @Test("a step's time limit ends its tree; the run timed out")
  func stepTimeout() throws {
    let mark = "timeout-\(UUID().uuidString)"
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "slow", run: "\(Self.daemon(mark)); trap '' TERM; while :; do sleep 1; done", timeout: 1)],
        finally: [Step(name: "tidy", run: "echo $PUSHROD_STATUS")], grace: 1))
    #expect(run.end?.runState == .timedOut)
    #expect(run.end?.reason == #"step "slow" timed out after 1 s"#)
    #expect(run.finished(1)?.stepState == .timedOut)
    #expect(run.finished(1)?.signal == 9)
    #expect(try run.log(2) == "timed_out\n")
    #expect(Self.processes(with: mark).isEmpty)
  }

  @Test("the run's time limit counts over all steps")
  func runTimeout() throws {
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "a", run: "sleep 0.5"), Step(name: "b", run: "sleep 1000"), Step(name: "c", run: "true")],
        timeout: 2))
    #expect(run.end?.runState == .timedOut)
    #expect(run.end?.reason == "the run's time limit of 2 s was over")
    #expect(run.end?.failedStep == "b")
    #expect(run.events.contains { $0.event == .stopping })
  }

  @Test("a process left in the background does not hold the step up, and does not outlive it")
  func leftBehind() throws {
    let mark = "left-\(UUID().uuidString)"
    let run = try RunFixture().run("sh -c 'while :; do sleep 1; done' \(mark) & echo started", "echo next")
    #expect(run.end?.runState == .succeeded)
    #expect(run.finished(1)?.reason?.hasPrefix("ended what it left running: ") == true)
    #expect(try run.log(2) == "next\n")
    #expect(Self.processes(with: mark).isEmpty)
  }

  @Test("what is told of processes that were left does not give a secret away, also where the kernel cuts their names")
  func secretNames() throws {
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "a", run: #"cp "$(command -v sleep)" "./$TOKEN"; "./$TOKEN" 1000 & sleep 0.3"#)],
        secrets: ["TOKEN": "canary-secret-5512"]))
    #expect(run.finished(1)?.reason == "ended what it left running: ***")
  }

  @Test("a process that finishes by itself right after the step may do so")
  func settling() throws {
    let run = try RunFixture().run("bash -c 'exec > >(sleep 0.02; cat); echo through a filter'")
    #expect(try run.log(1) == "through a filter\n")
    #expect(run.finished(1)?.reason == nil)
  }

  @Test("a bounded fork bomb dies with its step")
  func forkBomb() throws {
    let mark = "bomb-\(UUID().uuidString)"
    let script = #"""
      cat > bomb.sh <<'E'
      [ "$2" -gt 0 ] || exec setsid sh -c 'trap "" TERM; while :; do sleep 1; done' "$1"
      sh bomb.sh "$1" $(($2 - 1)) & sh bomb.sh "$1" $(($2 - 1)) & wait
      E
      sh bomb.sh \#(mark) 6 & sleep 1000
      """#
    let run = try RunFixture().run(.init(steps: [Step(name: "bomb", run: script, timeout: 2)], grace: 1))
    #expect(run.end?.runState == .timedOut)
    #expect(Self.processes(with: mark).isEmpty)
  }

  @Test("killing the runner with -9 frees the lock and ends what it had started", arguments: [true, false])
  func kill(guardian: Bool) throws {
    let mark = "killed-\(UUID().uuidString)"
    let runner = try RunFixture().start(
      .init(steps: [Step(name: "a", run: "\(Self.daemon(mark)); echo ready; sleep 1000 # \(mark)")]))
    try runner.wait(forText: "ready", step: 1)
    #expect(runner.directory.isLocked)
    let started = try runner.wait { $0.event == .runStarted }
    let pid = try #require(started.pid)
    Glibc.kill(guardian ? runner.process.processIdentifier : pid_t(pid), SIGKILL)
    try waiting { runner.directory.isLocked ? nil : () }
    try waiting { Self.processes(with: mark).isEmpty ? () : nil }
    #expect(try runner.directory.finalEvent() == nil)
    if let cgroup = started.cgroup {
      try waiting { FileManager.default.fileExists(atPath: cgroup) ? nil : () }
    }
  }

  @Test("a step whose keeper is killed with -9 has failed, leaves nothing, and the run goes on to its end")
  func keeperKilled() throws {
    let mark = "keeper-\(UUID().uuidString)"
    let runner = try RunFixture().start(
      .init(
        steps: [Step(name: "a", run: "\(Self.daemon(mark)); echo ready $PPID; sleep 1000 # \(mark)")],
        finally: [Step(name: "tidy", run: "echo $PUSHROD_STATUS")]))
    try runner.wait(forText: "ready", step: 1)
    let started = try runner.wait { $0.event == .stepStarted && $0.step == 1 }
    let log = try String(contentsOfFile: try #require(runner.directory.stepLogPath(started)), encoding: .utf8)
    let keeper = try #require(log.split(separator: " ").last.flatMap { pid_t($0.filter(\.isNumber)) })
    let pid = try runner.wait { $0.event == .runStarted }.pid
    #expect(Int(keeper) != pid)
    Glibc.kill(keeper, SIGKILL)
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.runState == .failed)
    #expect(run.end?.reason?.contains("kept watch over the step was killed") == true)
    #expect(try run.log(2) == "failed\n")
    #expect(Self.processes(with: mark).isEmpty)
  }

  @Test(
    "a step that stops those who watch it keeps its time limit",
    arguments: ["$PPID", "$(ps -o ppid= -p $PPID)", "$(ps -o ppid= -p $PPID) $PPID"])
  func watchersStopped(victims: String) throws {
    let mark = "stops-\(UUID().uuidString)"
    let start = ContinuousClock.now
    let run = try RunFixture().run(
      .init(
        steps: [Step(name: "a", run: "trap '' TERM; kill -STOP \(victims); sleep 1000 # \(mark)", timeout: 1)],
        timeout: 5, grace: 1))
    #expect(run.end?.runState == .timedOut)
    #expect(start.duration(to: .now) < .seconds(20))
    #expect(Self.processes(with: mark).isEmpty)
  }

  @Test("SIGTERM to the runner is a cancel")
  func terminate() throws {
    let runner = try RunFixture().start(.init(steps: [Step(name: "a", run: "echo ready; sleep 1000")]))
    try runner.wait(forText: "ready", step: 1)
    Glibc.kill(runner.process.processIdentifier, SIGTERM)
    #expect(runner.waitForExit() == 0)
    #expect(try runner.directory.finalEvent()?.reason == "the runner was asked to stop (SIGTERM)")
  }

  @Test("a control client that says nothing or nonsense disturbs nobody")
  func nonsense() throws {
    let runner = try RunFixture().start(.init(steps: [Step(name: "a", run: "echo ready; sleep 1000")]))
    try runner.wait(forText: "ready", step: 1)
    let answers = try run([
      "python3", "-c",
      """
      import socket,sys,os
      os.chdir(sys.argv[1]); held=[]
      for i in range(30):
        s=socket.socket(socket.AF_UNIX); s.connect('control'); held.append(s)
      s=socket.socket(socket.AF_UNIX); s.connect('control'); s.sendall(b'x'*70000 if False else b'nonsense\\n'); print(s.recv(1000).decode())
      """, runner.directory.path,
    ])
    #expect(answers.output.contains(#""ok":false"#), "\(answers.errorOutput)")
    #expect(try runner.directory.send(ControlMessage(action: .cancel)).ok)
    #expect(runner.waitForExit() == 0)
  }
}
