import Agent
import Foundation
import Model
import RunDirectory
import Store
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// What a new agent makes of what the last one left.
@Suite struct RestartTests {
  /// An agent that has one run going, and is then gone; the runner is not.
  private func predecessor(_ folder: TemporaryDirectory) async throws -> StandInRunner {
    let first = try AgentUnderTest(someRules([]), folder: folder)
    first.serve()
    try await first.queue(try somePipeline())
    let runner = try await first.launcher.runner(0)
    _ = try await first.wait(for: .running, of: 1)
    try await first.stop()
    return runner
  }

  @Test("a run whose runner lives is followed on, and its group stays taken")
  func followed() async throws {
    let folder = try TemporaryDirectory("restart")
    let runner = try await predecessor(folder)

    let second = try AgentUnderTest(someRules([]), folder: folder)
    try await second.queue(try somePipeline())
    second.serve()
    // The other group's run shows that the dispatcher has come round.
    try await second.queue(try somePipeline("other"))
    _ = try await second.wait(for: .running, of: 3)
    #expect(try await second.store.runningRuns().map(\.number) == [1, 3])

    try runner.finish(.succeeded)
    _ = try await second.wait(for: .succeeded, of: 1)
    _ = try await second.wait(for: .running, of: 2)
  }

  @Test("a run that ended meanwhile gets its end recorded as it was")
  func ended() async throws {
    let folder = try TemporaryDirectory("restart")
    try await predecessor(folder).finish(.timedOut, reason: "longer than 1 h", failedStep: "build")

    let second = try AgentUnderTest(someRules([]), folder: folder)
    second.serve()

    let run = try await second.wait(for: .timedOut, of: 1)
    #expect(run.reason == "longer than 1 h")
    #expect(run.failedStep == "build")
    #expect(second.launcher.launched.isEmpty)
  }

  @Test("a run whose runner died meanwhile is interrupted and not run again")
  func died() async throws {
    let folder = try TemporaryDirectory("restart")
    try await predecessor(folder).die()

    let second = try AgentUnderTest(someRules([]), folder: folder)
    second.serve()

    _ = try await second.wait(for: .interrupted, of: 1)
    #expect(second.launcher.launched.isEmpty)
  }

  @Test(
    "a run of which a power cut left half an event, or only a log, is interrupted and not run again",
    arguments: ["events.jsonl", "00-fetch.log"])
  func torn(trace: String) async throws {
    let folder = try TemporaryDirectory("restart")
    let runner = try await predecessor(folder)
    runner.die()
    try FileManager.default.removeItem(atPath: runner.directory.eventsPath)
    try Data("{\"a".utf8).write(to: URL(fileURLWithPath: "\(runner.directory.path)/\(trace)"))

    let second = try AgentUnderTest(someRules([]), folder: folder)
    second.serve()

    _ = try await second.wait(for: .interrupted, of: 1)
    #expect(second.launcher.launched.isEmpty)
  }

  @Test("a run for which the last agent launched no runner any more gets one", arguments: [true, false])
  func notLaunched(hasDirectory: Bool) async throws {
    let folder = try TemporaryDirectory("restart")
    let first = try AgentUnderTest(someRules([]), folder: folder)
    let run = try await first.store.enqueue(someRequest(try somePipeline()), at: Date())
    _ = try await first.store.move(run: run.number, to: RunOutcome(.running), at: Date())
    if hasDirectory {
      let directory = first.area.directory(ofRun: run.number)
      // With other settings than the next agent has: what is on the disk counts.
      _ = try RunDirectory.create(
        at: directory.path,
        spec: RunSpec(
          number: run.number, request: run.request, mirror: "/m", workspace: "/w", allowedSchemes: [.https]),
        eventBody: nil)
    }
    try await first.stop()

    let second = try AgentUnderTest(someRules([]), folder: folder)
    second.serve()

    let runner = try await second.launcher.runner(0)
    #expect(
      try runner.directory.spec().mirror
        == (hasDirectory ? "/m" : second.area.mirror(of: run.request.pipeline.repository)))
    try runner.finish(.succeeded)
    _ = try await second.wait(for: .succeeded, of: 1)
  }

  @Test("a run taken up whose start fails by something that passes is started again")
  func startedAgain() async throws {
    let folder = try TemporaryDirectory("restart")
    let first = try AgentUnderTest(someRules([]), folder: folder)
    let run = try await first.store.enqueue(someRequest(try somePipeline()), at: Date())
    _ = try await first.store.move(run: run.number, to: RunOutcome(.running), at: Date())
    try await first.stop()

    let tries = Mutex(0)
    let launcher = StandInLauncher { runner in
      let number = tries.withLock { tries in
        tries += 1
        return tries
      }
      guard number > 1 else { throw CommandFailure("the disk does not answer") }
      try runner.begin()
    }
    let second = try AgentUnderTest(someRules([]), launcher: launcher, folder: folder)
    second.serve()

    try await launcher.runner(0).finish(.succeeded)
    _ = try await second.wait(for: .succeeded, of: 1)
    #expect(tries.withLock { $0 } == 2)
  }

  @Test("of two runners for one run, the second finds the lock taken")
  func oneRunner() async throws {
    let folder = try TemporaryDirectory("restart")
    let runner = try await predecessor(folder)

    let second = StandInRunner(runner.handover)

    #expect(try second.begin() == false)
  }

  @Test("stopping the agent does not wait for runs and does not end them")
  func stopping() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    let group = ServiceGroup(configuration: .init(services: [.init(service: fixture.dispatcher)], logger: .silent))
    let serving = Task { try await group.run() }
    try await fixture.queue(try somePipeline())
    let runner = try await fixture.launcher.runner(0)
    _ = try await fixture.wait(for: .running, of: 1)

    await group.triggerGracefulShutdown()
    try await serving.value

    #expect(runner.directory.isLocked)
    #expect(try await fixture.store.run(number: 1)?.state == .running)
  }
}
