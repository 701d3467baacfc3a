public import Door
import FoundationEssentials
public import Logging
public import Model
public import RunDirectory

/// The agent of this process, as the web endpoint, the API and the command line see it.
public struct LocalAgent: AgentControl {
  private let pushPath: PushPath
  private let admission: Admission
  private let requests: RunRequests
  private let cancelling: RunCancelling
  private let answering: RunAnswering
  private let store: any DeliveryStore & RunStore
  private let trail: AuditTrail
  private let rules: RulesInForce
  private let dispatcher: Dispatcher
  private let area: RunArea
  private let poller: Poller?
  private let scheduler: Scheduler?
  private let subscriptions: SubscriptionBoard
  private let keeping: (any StoreCondition & StoreBackup)?
  private let redeliveries: RedeliveryBoard
  private let condition: AgentCondition
  private let disks: DiskWatch?
  private let holds: RunHolds
  private let rulesChanged: @Sendable () -> Void
  private let pid: Int
  private let began = ContinuousClock.now

  /// - Parameters:
  ///   - keeping: the same store, where it can be copied and tells how it is.
  ///   - rulesChanged: told after a reload.
  public init(
    store: any DeliveryStore & RunStore & AuditStore, rules: RulesInForce, dispatcher: Dispatcher, area: RunArea,
    probe: RunnerProbe, verification: any RemoteVerification, poller: Poller? = nil, scheduler: Scheduler? = nil,
    subscriptions: SubscriptionBoard = SubscriptionBoard(), keeping: (any StoreCondition & StoreBackup)? = nil,
    condition: AgentCondition = AgentCondition(), disks: DiskWatch? = nil, holds: RunHolds = RunHolds(),
    rulesChanged: @escaping @Sendable () -> Void = {}, pid: Int,
    githubAddresses: PublishedRanges = PublishedRanges(), gaps: Gaps = Gaps(), lateness: Lateness = Lateness(),
    redeliveries: RedeliveryBoard = RedeliveryBoard(), logger: Logger
  ) {
    self.store = store
    trail = AuditTrail(store: store)
    self.rules = rules
    self.dispatcher = dispatcher
    self.area = area
    self.poller = poller
    self.scheduler = scheduler
    self.subscriptions = subscriptions
    self.keeping = keeping
    self.redeliveries = redeliveries
    self.condition = condition
    self.disks = disks
    self.holds = holds
    self.rulesChanged = rulesChanged
    self.pid = pid
    pushPath = PushPath(
      rules: rules, store: store, proof: ProofOfOrigin(verification: verification),
      runsWereQueued: { dispatcher.wake() }, logger: logger, gaps: gaps, lateness: lateness)
    admission = Admission(github: githubAddresses, store: store, logger: logger)
    requests = RunRequests(store: store, rules: rules, tips: TipLookup(probe: probe))
    cancelling = RunCancelling(store: store, trail: trail, area: area, logger: logger)
    answering = RunAnswering(store: store, trail: trail, area: area)
  }

  public func admit(_ knock: HookKnock) -> HookAnswer? { admission.answer(knock, rules.current) }

  public func refused(_ knock: HookKnock, status: Int, reason: String) {
    admission.noteRefusal(of: knock, status: status, reason: reason, rules.current)
  }

  public func receive(_ request: HookRequest) async -> HookAnswer { await pushPath.receive(request) }

  public func status() async -> AgentStatus {
    let current = rules.current
    return AgentStatus(
      version: PushrodVersion.current, pid: pid, uptime: Seconds(began.duration(to: .now) / .seconds(1)),
      pipelines: current.pipelines.map(\.name), sources: current.sources.keys.sorted(),
      runningRuns: await dispatcher.running,
      // A count for people; a store that cannot even be read shows elsewhere.
      queuedRuns: (try? await store.queueLength()) ?? 0, reloadError: rules.reloadError,
      polls: await poller?.reports, subscriptions: subscriptions.all, storeTrouble: keeping?.trouble,
      redeliveries: redeliveries.all, draining: await dispatcher.draining, disks: disks?.current)
  }

  public var readiness: AgentReadiness { condition.readiness }

  public func runs(_ filter: RunFilter) async throws -> [Run] { try await store.runs(filter).map(withWaitingReason) }

  public func run(number: Int) async throws -> Run {
    guard let run = try await store.run(number: number) else { throw ControlError.noRun(number) }
    return withWaitingReason(run)
  }

  /// What a queued run waits for, where it is not only its turn.
  private func withWaitingReason(_ run: Run) -> Run {
    guard run.state == .queued, run.reason == nil, let shortage = disks?.shortage else { return run }
    var run = run
    run.reason = "waits: \(shortage)"
    return run
  }

  public func directory(ofRun number: Int) -> String { area.directory(ofRun: number).path }

  public func hold(run number: Int) throws -> RunHold {
    guard let hold = holds.hold(number) else { throw ControlError.noRun(number) }
    return hold
  }

  public func start(
    pipeline: String, ref: String?, inputs: [String: String], by person: Person
  ) async throws -> Run {
    let run = try await requests.start(pipeline, ref: ref, inputs: inputs, by: person)
    dispatcher.wake()
    return run
  }

  public func schedules() async -> [ScheduleReport] { await scheduler?.reports ?? [] }

  public func cancel(run number: Int, by person: Person) async throws -> Run {
    try await cancelling.cancel(number, by: person)
  }

  public func answer(run number: Int, _ answer: ApprovalAnswer, by person: Person) async throws -> Run {
    try await answering.carryOut(answer, run: number, by: person)
  }

  public func rerun(run number: Int, by person: Person) async throws -> Run {
    let run = try await requests.repeating(try await run(number: number), by: person)
    dispatcher.wake()
    return run
  }

  public func deliveries(_ filter: DeliveryFilter) async throws -> [Delivery] {
    try await store.deliveries(filter)
  }

  public func delivery(number: Int) async throws -> Delivery {
    guard let delivery = try await store.delivery(number: number) else {
      let kept = rules.current.inbox
      let days = Int(kept.age.value / 86_400)
      throw ControlError.notFound(
        "there is no delivery \(number) in the inbox, which keeps the newest \(kept.keep), for "
          + (days >= 2 ? "\(days) days." : "\(kept.age)."))
    }
    return delivery
  }

  public func replay(delivery number: Int, by person: Person) async throws -> Delivery {
    let recorded = try await pushPath.replay(try await delivery(number: number), by: person)
    return try await delivery(number: recorded.number)
  }

  public func reload(by person: Person) async throws -> ReloadReport {
    let report = try await trail.carryOut(.reload, "configuration", by: person) {
      let report = try await rules.reload()
      return (report, "pipelines: \(report.pipelines.count), sources: \(report.sources.count)")
    }
    // More runs at a time may be allowed now, and less may be kept.
    dispatcher.wake()
    rulesChanged()
    return report
  }

  public func drain(_ isOn: Bool, by person: Person) async throws -> AgentStatus {
    try await trail.carryOut(isOn ? .drain : .drainOff, "agent", by: person) {
      // Who asks twice does not move the beginning.
      let current = await dispatcher.draining
      guard isOn || current?.endsAgent != true else {
        throw ControlError.conflict(
          "the agent was told to stop (\(current?.by ?? "")) and does so when its runs have ended; it starts none any more."
        )
      }
      await dispatcher.drain(isOn ? current ?? Drain(since: Date(), by: person.description) : nil)
      if isOn { condition.leave("the agent is being drained: it starts no more runs.") } else { condition.stay() }
      return ((), "\(await dispatcher.running) under way")
    }
    return await status()
  }

  public func backup(by person: Person) async throws -> any StoreCopy {
    guard let keeping else { throw ControlError.unavailable("this agent's store cannot be copied.") }
    return try await trail.carryOut(.backup, "store", by: person) {
      let copy = try await keeping.copy()
      return (copy, "\(copy.size) bytes")
    }
  }
}

extension ControlError {
  static func noRun(_ number: Int) -> ControlError { .notFound("there is no run \(number).") }
}
