import Agent
import Foundation
import Model
import RunDirectory
import Store
import TestSupport
import Testing

@Suite struct DispatcherTests {
  @Test("a queued run gets its directory and a runner, and ends as its runner says")
  func oneRun() async throws {
    let fixture = try AgentUnderTest(
      someRules([], secrets: ["TOKEN": Secret("t0p"), "OTHER": Secret("not asked for")]))
    fixture.serve()
    let pipeline = try somePipeline(secrets: ["TOKEN"])
    try await fixture.queue(pipeline)

    let runner = try await fixture.launcher.runner(0)
    let running = try await fixture.wait(for: .running, of: 1)
    try runner.finish(.failed, reason: "`build` ended with exit code 3", failedStep: "build")
    let failed = try await fixture.wait(for: .failed, of: 1)

    #expect(running.startedAt != nil)
    #expect(failed.reason == "`build` ended with exit code 3")
    #expect(failed.failedStep == "build")
    #expect(runner.handover.secrets == ["TOKEN": "t0p"])
    let spec = try runner.directory.spec()
    #expect(spec.number == 1)
    #expect(spec.request == someRequest(pipeline))
    #expect(spec.url == "https://deploy.example.com/runs/1")
    #expect(spec.workspace == fixture.area.workspace(of: "shop"))
    #expect(spec.eventFile == nil)
    #expect(
      !String(decoding: try Data(contentsOf: URL(fileURLWithPath: runner.directory.specPath)), as: UTF8.self).contains(
        "t0p"))
    let link = fixture.area.logs + "/shop/latest"
    #expect(URL(fileURLWithPath: link).resolvingSymlinksInPath().path == runner.directory.path)
  }

  @Test("a push starts without waiting for any interval, with its payload as it was received")
  func fromPush() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    fixture.serve()
    let request = try signedPush()

    _ = await fixture.agent.receive(request)
    let runner = try await fixture.launcher.runner(0)

    let spec = try runner.directory.spec()
    #expect(spec.eventFile == runner.directory.eventFilePath)
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: runner.directory.eventFilePath))) == request.body)
    try runner.finish(.succeeded)
    _ = try await fixture.wait(for: .succeeded, of: 1)
  }

  @Test("runs of one group never overlap and start in the order of the pushes")
  func groups() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    fixture.serve()
    for _ in 1...4 { try await fixture.queue(try somePipeline("shop", group: "production")) }

    for number in 1...4 {
      let runner = try await fixture.launcher.runner(number - 1)
      #expect(runner.directory == fixture.area.directory(ofRun: number))
      #expect(fixture.launcher.launched.count == number)
      #expect(try await fixture.store.queuedRuns(limit: 10).count == 4 - number)
      try runner.finish(.succeeded)
      _ = try await fixture.wait(for: .succeeded, of: number)
    }
  }

  @Test("a full group does not hold up another one behind it")
  func noStarvation() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    for _ in 1...100 { try await fixture.queue(try somePipeline("busy")) }
    try await fixture.queue(try somePipeline("idle"))
    fixture.serve()

    _ = try await fixture.wait(for: .running, of: 101)

    #expect(try await fixture.store.runningRuns().map(\.number) == [1, 101])
  }

  @Test("no more runs than allowed go at a time, over all groups")
  func parallel() async throws {
    let fixture = try AgentUnderTest(someRules([], parallel: 2))
    for number in 1...5 { try await fixture.queue(try somePipeline("p\(number)")) }
    fixture.serve()

    _ = try await fixture.launcher.runner(1)
    #expect(try await fixture.store.queuedRuns(limit: 10).map(\.number) == [3, 4, 5])
    try await fixture.launcher.runner(0).finish(.succeeded)
    _ = try await fixture.launcher.runner(2)
    _ = try await fixture.wait(for: .running, of: 3)

    #expect(try await fixture.store.runningRuns().map(\.number) == [2, 3])
  }

  @Test("a runner that dies leaves its run interrupted, with the step it was in, and the group free")
  func runnerDies() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    fixture.serve()
    try await fixture.queue(try somePipeline())
    try await fixture.queue(try somePipeline())

    try await fixture.launcher.runner(0).die()
    let run = try await fixture.wait(for: .interrupted, of: 1)

    #expect(run.reason?.contains("the runner died") == true)
    #expect(run.failedStep == "build")
    _ = try await fixture.launcher.runner(1)
  }

  @Test("a runner that never takes the lock fails its run in words, and can do nothing when it comes too late")
  func neverBegins() async throws {
    let launcher = StandInLauncher { runner in
      let words = runner.directory.path + "/runner.err"
      try "loading…\nlibgit2.so.1.5: cannot open shared object\u{1b}[31m file\n".write(
        toFile: words, atomically: true, encoding: .utf8)
    }
    let fixture = try AgentUnderTest(someRules([]), launcher: launcher, startGrace: .milliseconds(200))
    fixture.serve()
    try await fixture.queue(try somePipeline())

    let run = try await fixture.wait(for: .failed, of: 1)

    #expect(run.reason == "the runner did not start: libgit2.so.1.5: cannot open shared object[31m file")
    #expect(throws: RunDirectoryError.self) { try launcher.launched[0].begin() }
  }

  @Test("a runner that is gone before it took the lock, and said nothing, interrupts its run")
  func diesAtOnce() async throws {
    let launcher = StandInLauncher { _ in }
    let fixture = try AgentUnderTest(someRules([]), launcher: launcher, startGrace: .milliseconds(200))
    fixture.serve()
    try await fixture.queue(try somePipeline())

    let run = try await fixture.wait(for: .interrupted, of: 1)

    #expect(run.reason?.contains("never took the run's lock") == true)
    #expect(throws: RunDirectoryError.self) { try launcher.launched[0].begin() }
  }

  @Test(
    "a runner that an upgrade is putting in place is waited for", arguments: [ENOENT, ETXTBSY, EACCES, ECONNREFUSED])
  func upgrade(code: Int32) async throws {
    let fixture = try AgentUnderTest(someRules([]))
    fixture.launcher.fail("cannot start pushrod-runner", code: code)
    fixture.serve()
    try await fixture.queue(try somePipeline())
    _ = try await fixture.wait(for: .running, of: 1)
    try await Task.sleep(for: .milliseconds(300))
    #expect(fixture.launcher.launched.isEmpty)
    fixture.launcher.fail(nil)
    try await fixture.launcher.runner(0).finish(.succeeded)
    _ = try await fixture.wait(for: .succeeded, of: 1)
  }

  @Test("a launch that fails, a missing secret and a folder that cannot be made fail the run with the cause")
  func impossible() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    fixture.serve()
    fixture.launcher.fail("cannot start /opt/pushrod-runner: No such file or directory")
    try await fixture.queue(try somePipeline("a"))
    #expect(
      try await fixture.wait(for: .failed, of: 1).reason
        == "the runner did not start: cannot start /opt/pushrod-runner: No such file or directory")

    fixture.launcher.fail(nil)
    try await fixture.queue(try somePipeline("b", secrets: ["NOWHERE"]))
    #expect(try await fixture.wait(for: .failed, of: 2).reason?.contains("the secret `NOWHERE`") == true)

    try "in the way".write(toFile: fixture.area.directory(ofRun: 3).path, atomically: true, encoding: .utf8)
    try await fixture.queue(try somePipeline("c"))
    #expect(try await fixture.wait(for: .failed, of: 3).reason?.contains("the run directory could not be made") == true)
    #expect(fixture.launcher.launched.isEmpty)
  }
}
