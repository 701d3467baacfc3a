import FoundationEssentials
public import Logging
import Metrics
public import Model
public import RunDirectory
public import ServiceLifecycle

/// Asks the repositories of the pipelines that pushes start for their refs, each in its interval and after every gap, and
/// brings what moved without a delivery into the inbox.
public actor Poller: Service {
  /// Asks a remote for its refs. The question is given up when the task is cancelled.
  public typealias Ask = @Sendable (ProbeRequest) async throws -> ProbeAnswer

  /// Questions at a time: each is a process, and a thread that waits for it.
  private static let width = 4
  /// How soon changed pipelines are noticed, at the latest.
  private static let longestSleep = Duration.seconds(2)

  private let rules: RulesInForce
  private let gaps: Gaps
  private let lateness: Lateness
  private let look: RepositoryLook
  private let timing: PollTiming
  private let logger: Logger

  private var schedule = PollSchedule()
  /// The gaps that the schedule knows of.
  private var knownGaps: Int
  /// The questions on their way, by address.
  private var asking: [String: Task<Void, Never>] = [:]
  private var hasBegun = false
  private var isStopping = false

  /// - Parameters:
  ///   - runsWereQueued: told after runs were recorded.
  ///   - gaps: after each, every repository is asked again.
  ///   - lateness: told what was compared, and when.
  public init(
    store: any DeliveryStore & HandledRefStore, rules: RulesInForce, ask: @escaping Ask,
    runsWereQueued: @escaping @Sendable () -> Void, gaps: Gaps = Gaps(), lateness: Lateness = Lateness(),
    timing: PollTiming = .real, logger: Logger
  ) {
    self.rules = rules
    self.gaps = gaps
    self.lateness = lateness
    knownGaps = gaps.count
    self.timing = timing
    self.logger = logger
    look = RepositoryLook(store: store, ask: ask, runsWereQueued: runsWereQueued, logger: logger)
  }

  /// How it goes, by address; empty where nothing is compared.
  public var reports: [PollReport] { schedule.reports }

  /// Whether every repository has been asked since the agent started, and since the last gap.
  public var isThrough: Bool { hasBegun && knownGaps == gaps.count && asking.isEmpty && schedule.isThrough }

  public func run() async throws {
    await cancelWhenGracefulShutdown { await self.loop() }
  }

  private func loop() async {
    while !Task.isCancelled {
      turn()
      try? await Task.sleep(for: pause)
    }
    isStopping = true
    for task in asking.values { task.cancel() }
    await settle()
  }

  /// Asks those whose turn it is, and does not wait for their answers.
  func turn() {
    let rules = rules.current
    let now = timing.now()
    schedule.follow(rules, now: now)
    hasBegun = true
    let happened = gaps.count
    if happened != knownGaps {
      knownGaps = happened
      schedule.gap(now: now)
    }
    for url in schedule.due(now) where asking[url] == nil && asking.count < Poller.width {
      let pipelines = schedule.pipelines(of: url, now)
      guard let repository = pipelines.first?.repository else { continue }
      schedule.asks(url, now: now)
      asking[url] = Task {
        await look(at: repository, for: pipelines, rules, began: now)
        asking[url] = nil
        // A place has become free.
        if !isStopping { turn() }
      }
    }
  }

  /// Waits for all questions that are on their way.
  func settle() async {
    while let task = asking.values.first { await task.value }
  }

  private var pause: Duration {
    guard asking.count < Poller.width, let next = schedule.next(besides: asking.keys) else {
      return Poller.longestSleep
    }
    return min(timing.now().duration(to: next), Poller.longestSleep)
  }

  private func look(
    at repository: RepositoryURL, for pipelines: [Pipeline], _ rules: Ruleset, began: ContinuousClock.Instant
  ) async {
    let url = repository.url
    do {
      try await look.carryOut(at: repository, for: pipelines, rules)
      guard !Task.isCancelled else { return }
      count("done")
      lateness.compared(pipelines, began: began)
      let over = schedule.succeeded(
        url, for: pipelines, began: began, now: timing.now(), date: Date(), jitter: timing.jitter())
      guard over != nil else { return }
      logger.notice(
        "a repository's tips can be compared again",
        metadata: ["event": "poll_recovered", "stage": "compare", "repository": "\(url)"])
    } catch {
      // Not its fault: the agent stops.
      guard !Task.isCancelled else { return }
      count("failed")
      let sentence = "\(error)"
      let isNews = schedule.failed(
        url, sentence, isOfStore: error is StoreFailure, now: timing.now(), date: Date(), jitter: timing.jitter())
      guard isNews else { return }
      logger.warning(
        "a repository's tips cannot be compared; it is asked again, less and less often",
        metadata: ["event": "poll_failed", "stage": "compare", "repository": "\(url)", "error": "\(sentence)"])
    }
  }

  private func count(_ outcome: String) {
    Counter(label: Measure.looks.name, dimensions: [("outcome", outcome)]).increment()
  }
}
