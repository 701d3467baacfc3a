import FoundationEssentials
public import Logging
public import Model
public import RunDirectory
public import ServiceLifecycle
import Synchronization

/// Starts queued runs and sees them to their end: oldest first, one at a time per concurrency group and per pipeline, and
/// so many at a time altogether as the rules allow. `Superseding` says which need not run at all.
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
  private let figures = RunFigures()
  private let disks: DiskWatch?
  private let logger: Logger

  /// Where set, nothing is started.
  public private(set) var draining: Drain?

  /// The runs that are under way, and those that are about to be, by number.
  private var underWay: [Int: Run] = [:]
  private var tasks: [Int: Task<Void, Never>] = [:]
  /// Those that wait for a person.
  private var waiting: Set<Int> = []
  private let superseding: Superseding
  /// The runs that have a runner, and for which it is being asked whether a newer one takes their place.
  private var followed: Set<Int> = []
  private var questions: [Int: Task<Void, Never>] = [:]

  private nonisolated let isDue = Atomic<Bool>(true)
  private nonisolated let turns = Atomic<Int>(0)
  private nonisolated let bell = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  public init(
    store: any RunStore & DeliveryStore, rules: RulesInForce, area: RunArea, launcher: any RunnerLauncher,
    order: any CommitOrder, disks: DiskWatch? = nil, logger: Logger, startGrace: Duration = .seconds(10)
  ) {
    self.store = store
    self.rules = rules
    self.area = area
    self.launcher = launcher
    self.disks = disks
    var logger = logger
    logger[metadataKey: "stage"] = "dispatch"
    self.logger = logger
    starter = RunStarter(store: store, area: area, launcher: launcher, logger: logger)
    watcher = RunWatcher(startGrace: startGrace)
    superseding = Superseding(store: store, order: order, area: area, logger: logger)
  }

  /// Something was queued, or may have become possible.
  public nonisolated func wake() {
    isDue.store(true, ordering: .releasing)
    bell.continuation.yield()
  }

  /// How often the main loop has come round; it does so at least once a second while all is well.
  public nonisolated var progress: Int { turns.load(ordering: .relaxed) }

  /// Runs that are under way now.
  public var running: Int { underWay.count }

  /// From when this returns no run is started any more; `nil`: those that wait are started again. What is under way
  /// goes on.
  public func drain(_ drain: Drain?) {
    draining = drain
    logger.notice(
      drain == nil ? "runs are started again" : "no run is started any more",
      metadata: drain.map { ["event": "drain", "by": "\($0.by)"] } ?? ["event": "drain_off"])
    if drain == nil { wake() }
  }

  /// Returns when the main loop has come round once more.
  public nonisolated func comeRound() async {
    let before = progress
    while progress == before, !Task.isCancelled {
      bell.continuation.yield()
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown { await self.loop() }
  }

  private func loop() async {
    let clock = Task { [self] in
      var seconds = 0
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(1))
        seconds += 1
        // Whoever queued a run may have been gone when it came to the disk, and has told nobody.
        if seconds.isMultiple(of: 5) { wake() } else { bell.continuation.yield() }
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
    for task in Array(tasks.values) + Array(questions.values) { task.cancel() }
    for task in Array(tasks.values) + Array(questions.values) { await task.value }
  }

  /// The runs that an earlier agent left in state running.
  private func takeUp() async {
    while !Task.isCancelled {
      do {
        for run in try await store.runningRuns() { carryOn(run) }
        return
      } catch {
        logger.log(
          level: .forFailure(error), "the running runs could not be read",
          metadata: ["event": "store_failed", "error": "\(error)"])
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }

  private func carryOn(_ run: Run) {
    logger.info(
      "run \(run.number) is taken up again",
      metadata: ["event": "run_taken_up", "run": "\(run.number)", "delivery": run.shownDelivery])
    if run.state == .waiting { waiting.insert(run.number) }
    enter(run) { [self] in
      let directory = area.directory(ofRun: run.number)
      if case .notBegun = await watcher.look(at: directory) {
        await begin(run, repeats: true) { try await starter.launchAgain(run, rules.current) }
      } else {
        await see(run, to: directory)
      }
    }
  }

  private func startWhatCan() async {
    let rules = rules.current
    guard draining == nil else { return }
    for number in followed { lookBehind(number, rules) }
    guard underWay.count - waiting.count < rules.parallelRuns else { return }
    do {
      // One of each group: a long queue in one hides no other.
      let next = try await store.nextRuns(besides: groups, pipelines: pipelines, limit: 64)
      // With a full disk all wait; `DiskWatch` wakes the dispatcher when there is room again.
      guard !next.isEmpty, await disks?.look() == nil else { return }
      for run in next where draining == nil && underWay.count - waiting.count < rules.parallelRuns && isFree(for: run) {
        enter(run) { [self] in
          guard await superseding.mayBegin(run, rules), await draining == nil, !Task.isCancelled else { return }
          await begin(run) { try await starter.start(run, rules) }
        }
      }
    } catch {
      logger.log(
        level: .forFailure(error), "the queue could not be read",
        metadata: ["event": "store_failed", "error": "\(error)"])
      isDue.store(true, ordering: .relaxed)
    }
  }

  private var groups: Set<String> { Set(underWay.values.map(\.request.pipeline.concurrency.group)) }
  private var pipelines: Set<String> { Set(underWay.values.map(\.request.pipeline.name)) }

  /// One at a time per group; and per pipeline, of which the file may have named another group before.
  private func isFree(for run: Run) -> Bool {
    underWay.values.allSatisfy {
      $0.request.pipeline.concurrency.group != run.request.pipeline.concurrency.group
        && $0.request.pipeline.name != run.request.pipeline.name
    }
  }

  /// Whether something newer waits behind a run that is under way, and may take its place. Does not wait for the answer.
  private func lookBehind(_ number: Int, _ rules: Ruleset) {
    guard let run = underWay[number], questions[number] == nil else { return }
    questions[number] = Task {
      let wasAsked = await superseding.makeWay(run, rules)
      questions[number] = nil
      // What came during the question has not been looked at.
      if wasAsked { wake() }
    }
  }

  private func enter(_ run: Run, _ work: @escaping @Sendable () async -> Void) {
    underWay[run.number] = run
    tasks[run.number] = Task {
      await work()
      leave(run)
    }
  }

  private func leave(_ run: Run) {
    underWay[run.number] = nil
    waiting.remove(run.number)
    tasks[run.number] = nil
    followed.remove(run.number)
    Task { await superseding.forget(run) }
    launcher.reap()
    wake()
  }

  /// - Parameter repeats: the run is not queued any more, so nobody else would start it.
  private func begin(_ run: Run, repeats: Bool = false, _ start: () async throws -> Void) async {
    while true {
      do {
        try await start()
        break
      } catch is RunState.IllegalTransition {
        return  // cancelled in the last moment
      } catch let impossible as RunStarter.Impossible {
        return await finish(run, RunOutcome(.failed, reason: impossible.description))
      } catch {
        guard !(error is CancellationError) else { return }
        logger.log(
          level: .forFailure(error),
          "run \(run.number) could not be started; it \(repeats ? "is tried again" : "stays queued")",
          metadata: [
            "event": "store_failed", "run": "\(run.number)", "delivery": run.shownDelivery, "error": "\(error)",
          ])
        try? await Task.sleep(for: .seconds(1))
        guard repeats, !Task.isCancelled else { return }
      }
    }
    logger.info(
      "run \(run.number) started",
      metadata: [
        "event": "run_started", "run": "\(run.number)", "pipeline": "\(run.request.pipeline.name)",
        "commit": "\(run.request.commit?.hex ?? "tip of \(run.request.ref)")",
        "delivery": run.shownDelivery,
      ])
    await see(run, to: area.directory(ofRun: run.number))
  }

  private func see(_ run: Run, to directory: RunDirectory) async {
    followed.insert(run.number)
    wake()
    let outcome = await watcher.follow(directory) { waiting in await note(run, waiting: waiting) }
    guard let outcome else { return }
    await finish(run, outcome)
  }

  /// A run that waits for a person keeps its group and gives its place among all runs to another one. It goes on when it
  /// was answered, also where all places are taken by then.
  private func note(_ run: Run, waiting new: RunWatcher.Waiting?) async {
    guard (new != nil) != waiting.contains(run.number) || new != nil else { return }
    if new == nil { waiting.remove(run.number) } else { waiting.insert(run.number) }
    let held = "; group \(run.request.pipeline.concurrency.group) stays held"
    do {
      _ = try await store.move(
        run: run.number,
        to: RunOutcome(new == nil ? .running : .waiting, reason: new.map { $0.what + held }, commit: new?.commit),
        at: Date())
    } catch is RunState.IllegalTransition {
      // It stands there already, as after a restart of the agent.
    } catch {
      logger.log(
        level: .forFailure(error), "that run \(run.number) waits, or goes on, could not be recorded",
        metadata: [
          "event": "store_failed", "run": "\(run.number)", "delivery": run.shownDelivery, "error": "\(error)",
        ])
    }
    wake()
  }

  /// - Returns: the outcome as it was recorded.
  private func record(_ run: Run, _ outcome: RunOutcome) async throws -> RunOutcome {
    guard outcome.state == .interrupted else {
      _ = try await store.move(run: run.number, to: outcome, at: Date())
      return outcome
    }
    let (end, repetition) = Interruption.settle(run, outcome)
    let (ended, queued) = try await store.interrupt(run: run.number, end, repetition: repetition, at: Date())
    if let queued {
      logger.notice(
        "run \(run.number) was interrupted, run \(queued.number) takes its place",
        metadata: [
          "event": "run_repeated", "run": "\(queued.number)", "of": "\(run.number)", "delivery": queued.shownDelivery,
        ])
      wake()
    }
    var recorded = end
    recorded.reason = ended.reason
    return recorded
  }

  /// Records the end. A store that cannot is tried until it can: the run directory keeps the truth meanwhile.
  private func finish(_ run: Run, _ outcome: RunOutcome) async {
    while !Task.isCancelled {
      do {
        let outcome = try await record(run, outcome)
        var metadata: Logger.Metadata = [
          "event": "run_finished", "stage": "finish", "run": "\(run.number)",
          "pipeline": "\(run.request.pipeline.name)",
          "delivery": run.shownDelivery, "state": "\(outcome.state.rawValue)",
        ]
        if let reason = outcome.reason { metadata["reason"] = "\(reason)" }
        logger.info("run \(run.number) \(outcome.state.words)", metadata: metadata)
        await figures.note(run, outcome, in: area.directory(ofRun: run.number))
        return
      } catch is RunState.IllegalTransition {
        return
      } catch {
        logger.log(
          level: .forFailure(error), "the end of run \(run.number) could not be recorded; it is tried again",
          metadata: [
            "event": "store_failed", "run": "\(run.number)", "delivery": run.shownDelivery, "error": "\(error)",
          ])
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }
}
