import FoundationEssentials
public import Logging
public import Model
public import RunDirectory
public import ServiceLifecycle
import Synchronization

/// Starts queued runs and sees them to their end: oldest first, one at a time per concurrency group, and so
/// many at a time altogether as the rules allow.
///
/// It keeps no state that the store and the run directories do not hold: a new one takes up where the last
/// one was, and a runner does not notice.
public actor Dispatcher: Service {
  private let store: any RunStore & DeliveryStore
  private let rules: RulesInForce
  private let area: RunArea
  private let launcher: any RunnerLauncher
  private let starter: RunStarter
  private let watcher: RunWatcher
  private let logger: Logger

  /// Concurrency groups of the runs that are under way, by run number.
  private var groups: [Int: String] = [:]
  private var tasks: [Int: Task<Void, Never>] = [:]

  private nonisolated let isDue = Atomic<Bool>(true)
  private nonisolated let turns = Atomic<Int>(0)
  private nonisolated let bell = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  public init(
    store: any RunStore & DeliveryStore, rules: RulesInForce, area: RunArea, launcher: any RunnerLauncher,
    logger: Logger, startGrace: Duration = .seconds(10)
  ) {
    self.store = store
    self.rules = rules
    self.area = area
    self.launcher = launcher
    self.logger = logger
    starter = RunStarter(store: store, area: area, launcher: launcher, logger: logger)
    watcher = RunWatcher(startGrace: startGrace)
  }

  /// Something was queued, or may have become possible.
  public nonisolated func wake() {
    isDue.store(true, ordering: .releasing)
    bell.continuation.yield()
  }

  /// How often the main loop has come round; it does so at least once a second while all is well.
  public nonisolated var progress: Int { turns.load(ordering: .relaxed) }

  /// Runs that are under way now.
  public var running: Int { groups.count }

  public func run() async throws {
    await cancelWhenGracefulShutdown { await self.loop() }
  }

  private func loop() async {
    let clock = Task { [bell] in
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(1))
        bell.continuation.yield()
      }
    }
    defer { clock.cancel() }
    await takeUp()
    for await _ in bell.stream {
      turns.add(1, ordering: .relaxed)
      launcher.reap()
      if isDue.exchange(false, ordering: .acquiring) { await startWhatCan() }
    }
    // The agent stops; the runners go on, and the next agent finds them.
    for task in tasks.values { task.cancel() }
    for task in tasks.values { await task.value }
  }

  /// The runs that an earlier agent left in state running.
  private func takeUp() async {
    while !Task.isCancelled {
      do {
        for run in try await store.runningRuns() { carryOn(run) }
        return
      } catch {
        logger.error("the running runs could not be read", metadata: ["event": "store_failed", "error": "\(error)"])
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }

  private func carryOn(_ run: Run) {
    logger.info("run \(run.number) is taken up again", metadata: ["event": "run_taken_up", "run": "\(run.number)"])
    enter(run) { [self] in
      let directory = area.directory(ofRun: run.number)
      if case .notBegun = await watcher.look(at: directory) {
        await begin(run) { try await starter.launchAgain(run, rules.current) }
      } else {
        await see(run, to: directory)
      }
    }
  }

  private func startWhatCan() async {
    let rules = rules.current
    guard groups.count < rules.parallelRuns else { return }
    do {
      var limit = 64
      while true {
        let queued = try await store.queuedRuns(limit: limit)
        for run in queued where groups.count < rules.parallelRuns && groups[run.number] == nil {
          guard !groups.values.contains(run.request.pipeline.concurrency.group) else { continue }
          enter(run) { [self] in await begin(run) { try await starter.start(run, rules) } }
        }
        // A long queue in one group must not hide another group behind it.
        guard queued.count == limit, groups.count < rules.parallelRuns else { return }
        limit *= 8
      }
    } catch {
      logger.error("the queue could not be read", metadata: ["event": "store_failed", "error": "\(error)"])
      isDue.store(true, ordering: .relaxed)
    }
  }

  private func enter(_ run: Run, _ work: @escaping @Sendable () async -> Void) {
    groups[run.number] = run.request.pipeline.concurrency.group
    tasks[run.number] = Task {
      await work()
      leave(run)
    }
  }

  private func leave(_ run: Run) {
    groups[run.number] = nil
    tasks[run.number] = nil
    launcher.reap()
    wake()
  }

  private func begin(_ run: Run, _ start: () async throws -> Void) async {
    do {
      try await start()
    } catch is RunState.IllegalTransition {
      return  // cancelled in the last moment
    } catch let impossible as RunStarter.Impossible {
      return await finish(run, RunOutcome(.failed, reason: impossible.description))
    } catch {
      guard !(error is CancellationError) else { return }
      logger.error(
        "run \(run.number) could not be started; it stays queued",
        metadata: ["event": "store_failed", "run": "\(run.number)", "error": "\(error)"])
      try? await Task.sleep(for: .seconds(1))
      return
    }
    logger.info(
      "run \(run.number) started",
      metadata: [
        "event": "run_started", "run": "\(run.number)", "pipeline": "\(run.request.pipeline.name)",
        "commit": "\(run.request.commit?.hex ?? "tip of \(run.request.ref)")",
        "delivery": "\(run.request.delivery.map(String.init) ?? "-")",
      ])
    await see(run, to: area.directory(ofRun: run.number))
  }

  private func see(_ run: Run, to directory: RunDirectory) async {
    guard let outcome = await watcher.follow(directory) else { return }
    await finish(run, outcome)
  }

  /// Records the end. A store that cannot is tried until it can: the run directory keeps the truth meanwhile.
  private func finish(_ run: Run, _ outcome: RunOutcome) async {
    while !Task.isCancelled {
      do {
        _ = try await store.move(run: run.number, to: outcome, at: Date())
        var metadata: Logger.Metadata = [
          "event": "run_finished", "run": "\(run.number)", "pipeline": "\(run.request.pipeline.name)",
          "state": "\(outcome.state.rawValue)",
        ]
        if let reason = outcome.reason { metadata["reason"] = "\(reason)" }
        logger.info("run \(run.number) \(outcome.state.words)", metadata: metadata)
        return
      } catch is RunState.IllegalTransition {
        return
      } catch {
        logger.error(
          "the end of run \(run.number) could not be recorded; it is tried again",
          metadata: ["event": "store_failed", "run": "\(run.number)", "error": "\(error)"])
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }
}
