import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("Steps as a graph")
struct GraphTests {
  private func step(_ name: String, needs: [String]? = nil, _ run: String, _ change: (inout Step) -> Void = { _ in })
    -> Step
  {
    var step = Step(name: name, run: run)
    step.needs = needs
    change(&step)
    return step
  }

  /// Waits for the others, so that it only comes to its end if they are under way at the same time.
  private func meeting(_ folder: String, _ name: String, of count: Int) -> String {
    "touch \(folder)/\(name); for i in $(seq 600); do [ $(ls \(folder) | wc -l) -ge \(count) ] && exit 0; sleep 0.1; done; exit 1"
  }

  @Test("steps that need nothing of each other are under way at the same time, and one that needs both waits for both")
  func together() throws {
    let fixture = try RunFixture()
    let folder = fixture.folder.file("meeting")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let run = try fixture.run(
      .init(steps: [
        step("test", meeting(folder, "test", of: 3)), step("lint", needs: [], meeting(folder, "lint", of: 3)),
        step("docs", needs: [], meeting(folder, "docs", of: 3)),
        step("ship", needs: ["test", "lint", "docs"], "echo ship"), step("after", "echo after"),
      ]))
    #expect(run.end?.runState == .succeeded)
    let order = run.events.filter { ($0.step ?? 0) > 0 && $0.event == .stepStarted }.compactMap(\.step)
    #expect(order == [1, 2, 3, 4, 5])
    #expect(try run.log(4) == "ship\n")
  }

  @Test("`parallel` bounds how many are under way")
  func bound() throws {
    let run = try RunFixture().run(
      .init(steps: (1...9).map { step("s\($0)", needs: [], "sleep 0.1") }, parallel: 3))
    #expect(run.end?.runState == .succeeded)
    var (open, most) = (0, 0)
    for event in run.events where (event.step ?? 0) > 0 {
      if event.event == .stepStarted { open += 1 }
      if event.event == .stepFinished { open -= 1 }
      most = max(most, open)
    }
    #expect(most == 3)
  }

  @Test("after a failure what runs goes on, what has not begun does not, but for what asks for a failure")
  func failure() throws {
    let fixture = try RunFixture()
    let go = fixture.folder.file("go")
    let run = try fixture.run(
      .init(
        steps: [
          step("other", needs: [], "until [ -e \(go) ]; do sleep 0.05; done; echo whole"),
          step("test", needs: [], "exit 3"), step("build", needs: ["test"], "true"), step("ship", "true"),
          step("late", needs: ["other"], "true"),
          step("tell", needs: ["test"], "touch \(go); echo told") { $0.when = .init(statuses: [.failed]) },
          step("tell later", needs: ["ship"], "echo told") { $0.when = .init(statuses: [.failed, .succeeded]) },
        ]))
    #expect(run.end?.reason == #"step "test" failed: exit 3"#)
    #expect(try run.log(1) == "whole\n")
    for index in 3...5 { #expect(run.skipped(index) == #"step "test" did not succeed"#) }
    #expect(try run.log(6) == "told\n")
    #expect(try run.log(7) == "told\n")
  }

  @Test("a failure that is allowed holds nothing up")
  func allowed() throws {
    let run = try RunFixture().run(
      .init(steps: [
        step("lint", needs: [], "exit 1") { $0.allowFailure = true }, step("ship", needs: ["lint"], "true"),
      ]))
    #expect(run.end?.runState == .succeeded)
    #expect(run.finished(2)?.stepState == .succeeded)
  }

  @Test("a cancel ends all that is under way, with everything it started")
  func cancel() throws {
    let mark = "graph-\(UUID().uuidString)"
    let runner = try RunFixture().start(
      .init(
        steps: (1...4).map {
          step("s\($0)", needs: [], "\(StoppingTests.daemon(mark)); echo ready; sleep 1000 # \(mark)")
        }
          + [step("next", "true")], finally: [step("tidy", "echo $PUSHROD_STATUS")], grace: 1))
    for index in 1...4 { try runner.wait(forText: "ready", step: index) }
    _ = try runner.directory.send(ControlMessage(action: .cancel, by: "anna"))
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.runState == .cancelled)
    for index in 1...4 { #expect(run.finished(index)?.stepState == .cancelled) }
    #expect(run.skipped(5) == "cancelled by anna")
    #expect(try run.log(6) == "cancelled\n")
    #expect(StoppingTests.processes(with: mark).isEmpty)
  }

  @Test("each step's orphans are its own: the end of one spares those of another")
  func orphans() throws {
    let fixture = try RunFixture()
    let (mark, go) = ("graph-\(UUID().uuidString)", fixture.folder.file("go"))
    let run = try fixture.run(
      .init(steps: [
        step(
          "long", needs: [],
          "\(StoppingTests.daemon(mark)); until [ -e \(go) ]; do sleep 0.05; done; pgrep -fc 'do sleep 1; done. \(mark)'"
        ),
        step("short", needs: [], StoppingTests.daemon("short-\(mark)")), step("go", needs: ["short"], "touch \(go)"),
      ]))
    #expect(run.end?.runState == .succeeded, "\(run.end?.reason ?? "")")
    #expect(run.finished(2)?.reason?.contains("ended what it left running") == true)
    #expect(run.finished(1)?.reason?.contains("ended what it left running") == true)
    #expect(StoppingTests.processes(with: mark).isEmpty)
  }

  @Test("values go along the needs: a step sees those of the steps before it, and not of those beside it")
  func outputs() throws {
    let run = try RunFixture().run(
      .init(steps: [
        step("a", needs: [], "echo A=1 > $PUSHROD_OUTPUT"), step("b", needs: [], "echo B=1 > $PUSHROD_OUTPUT"),
        step("c", needs: ["a"], "echo A=2 > $PUSHROD_OUTPUT"),
        step("d", needs: ["c"], "echo ${A-none} ${B-none}"),
        step("e", needs: ["a", "b", "c"], "echo ${A-none} ${B-none}"),
      ]))
    #expect(try run.log(4) == "2 none\n")
    #expect(try run.log(5) == "2 1\n")
  }

  @Test("200 steps, a few or all at the same time: the runner's memory does not grow with them", arguments: [32, 200])
  func many(width: Int) throws {
    let fixture = try RunFixture()
    // Nobody gets past it until all are there.
    let gate = fixture.folder.file("gate")
    func peak(_ count: Int) throws -> Int {
      let file = open(gate, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      defer { close(file) }
      #expect(flock(file, LOCK_EX) == 0)
      let runner = try fixture.start(
        .init(
          steps: (1...count).map { step("s\($0)", needs: [], "seq 1000; flock --shared \(gate) echo \($0)") }
            + [step("peak", needs: (1...count).map { "s\($0)" }, "echo ready; sleep 1000")], parallel: width))
      let started = try runner.wait { $0.event == .runStarted }
      try runner.wait(forText: "1000\n", step: min(width, count))
      flock(file, LOCK_UN)
      try runner.wait(forText: "ready", step: count + 1)
      let pid = try #require(started.pid)
      let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM") })
      _ = try runner.directory.send(ControlMessage(action: .cancel))
      #expect(runner.waitForExit() == 0)
      #expect(try RunRecordRead(runner).events.count { $0.stepState == .succeeded } == count + 1)
      return try #require(Int(line.filter(\.isNumber)))
    }
    let (few, many) = (try peak(10), try peak(200))
    #expect(many < Sanitizer.memory(few + 4096), "\(few) kB with 10 steps, \(many) kB with 200")
  }

  /// What the runner made of a graph that was made up, held against the rules, which are said anew here.
  @Test("random graphs, failures, conditions and cancels, through the real runner", arguments: 1...10)
  func random(seed: Int) throws {
    var dice = StepPlanTests.Dice(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
    let world = StepPlanTests.World(&dice)
    let fixture = try RunFixture()
    let steps = world.steps.indices.map { position in
      var step = world.steps[position]
      step.run = world.fails[position] ? "sleep 0.05; exit 3" : "sleep 0.05"
      if !world.holds[position] {
        step.when = step.when ?? StepCondition()
        step.when?.branches = ["elsewhere"]
      }
      return step
    }
    let runner = try fixture.start(
      .init(
        steps: steps, onFailure: [Step(name: "collect", run: "true")], finally: [Step(name: "tidy", run: "true")],
        parallel: world.width))
    if let count = world.cancelAfter {
      try waiting { () -> Void? in
        let events = try runner.directory.events()
        let isOver = events.last?.event == .runFinished
        return isOver || events.count { $0.event == .stepFinished && $0.step != 0 } >= count ? () : nil
      }
      _ = try? runner.directory.send(ControlMessage(action: .cancel, by: "anna"))
    }
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    let own = run.events.filter { (1...steps.count).contains($0.step ?? 0) }
    let needs = steps.indices.map { position in
      steps[position].needs?.map { name in steps.firstIndex { $0.name == name }! }
        ?? (position == 0 ? [] : [position - 1])
    }
    let cancelledAt = run.events.firstIndex { $0.event == .stopping }
    var (over, open, failed) = (Set<Int>(), Set<Int>(), [Int]())
    for event in own {
      let position = try #require(event.step) - 1
      let isCancelled = cancelledAt.map { run.events.firstIndex(of: event)! > $0 } ?? false
      switch event.event {
      case .stepStarted:
        #expect(!isCancelled && world.holds[position] && over.isSuperset(of: needs[position]))
        #expect(failed.isEmpty || steps[position].when?.statuses?.contains(.failed) == true)
        open.insert(position)
        #expect(open.count <= world.width)
      case .stepSkipped:
        #expect(isCancelled || over.isSuperset(of: needs[position]))
        #expect(event.reason?.isEmpty == false)
        over.insert(position)
      case .stepFinished:
        open.remove(position)
        over.insert(position)
        if event.stepState == .failed, event.allowedFailure != true { failed.append(position) }
        if event.stepState == .succeeded { #expect(!world.fails[position]) }
        if event.stepState == .failed { #expect(world.fails[position]) }
      default: Issue.record("\(event.event) is none of these steps'")
      }
    }
    #expect(over.count == steps.count, "each step has run or says why not")
    let expected: RunState = cancelledAt != nil ? .cancelled : failed.isEmpty ? .succeeded : .failed
    #expect(run.end?.runState == expected)
    if expected == .failed { #expect(run.end?.failedStep == failed.first.map { steps[$0].name }) }
    #expect(
      (run.finished(steps.count + 1) != nil) == (expected == .failed), "on_failure after a failure, and then only")
    let tidied = try #require(run.finished(steps.count + 2), "finally always")
    #expect(tidied.stepState == .succeeded)
    let starts = run.events.filter { $0.event == .stepStarted }.compactMap(\.step)
    #expect(starts.last == steps.count + 2)
  }

  @Test("a spec whose steps wait for each other, or for no step, runs nothing and says so")
  func broken() throws {
    let fixture = try RunFixture()
    let circle = try fixture.run(
      .init(
        steps: [step("a", needs: ["b"], "true"), step("b", "true")], finally: [step("tidy", "echo $PUSHROD_STATUS")]))
    #expect(circle.end?.reason == #"step "a" needs, in a circle, itself"#)
    #expect(try circle.log(3) == "failed\n")
    let dangling = try fixture.run(.init(steps: [step("a", needs: ["x"], "true")]))
    #expect(dangling.end?.reason == #"step "a" needs "x", which is no step"#)
  }
}
