import Agent
import Foundation
import Logging
import Model
import RunDirectory
import Store
import Synchronization
import TestSupport

/// The agent's parts around a real store and stand-in runners, without network and configuration files.
final class AgentUnderTest: Sendable {
  let folder: TemporaryDirectory
  let store: SQLiteStore
  let rules: RulesInForce
  let area: RunArea
  let launcher: StandInLauncher
  let dispatcher: Dispatcher
  let agent: LocalAgent
  private let serving = Mutex<Task<Void, any Error>?>(nil)

  init(
    _ rules: Ruleset, launcher: StandInLauncher = StandInLauncher(), folder: TemporaryDirectory? = nil,
    startGrace: Duration = .seconds(10), order: any CommitOrder = StandInOrder.unknown,
    runner: String = "/nonexistent/pushrod-runner",
    verification: any RemoteVerification = StandInVerification(.unavailable(reason: "nobody is asked in this test")),
    gaps: Gaps = Gaps(), lateness: Lateness = Lateness()
  ) throws {
    let folder = try folder ?? TemporaryDirectory("agent")
    let logger = Logger.silent
    self.folder = folder
    self.launcher = launcher
    store = try SQLiteStore.open(path: folder.file("data/pushrod.db"))
    area = RunArea(root: folder.file("data"))
    self.rules = RulesInForce(
      rules,
      origin: RulesOrigin(
        load: { .init(rules: rules, needsRestart: []) }, loadPipelines: { $0.pipelines }, fingerprint: { 0 }),
      logger: logger)
    dispatcher = Dispatcher(
      store: store, rules: self.rules, area: area, launcher: launcher, order: order, logger: logger,
      startGrace: startGrace)
    agent = LocalAgent(
      store: store, rules: self.rules, dispatcher: dispatcher, area: area,
      probe: RunnerProbe(executable: runner, environment: ProcessInfo.processInfo.environment),
      verification: verification, pid: 1, gaps: gaps, lateness: lateness, logger: logger)
  }

  deinit { serving.withLock { $0?.cancel() } }

  func serve() {
    serving.withLock { task in task = Task { [dispatcher] in try await dispatcher.run() } }
  }

  /// As when the process ends: the dispatcher stops, the store is given up.
  func stop() async throws {
    let task = serving.withLock { $0 }
    task?.cancel()
    try await task?.value
    try store.close()
  }

  @discardableResult
  func queue(_ pipeline: Pipeline) async throws -> Run {
    let run = try await store.enqueue(someRequest(pipeline), at: Date())
    dispatcher.wake()
    return run
  }

  /// Waits until the run is in the state; a minute is for a machine that does much else.
  func wait(for state: RunState, of run: Int) async throws -> Run {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if let found = try await store.run(number: run), found.state == state { return found }
      try await Task.sleep(for: .milliseconds(5))
    }
    let state = try await store.run(number: run)?.state.rawValue ?? "absent"
    throw CommandFailure("run \(run) is \(state)")
  }
}

extension Logger {
  static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
