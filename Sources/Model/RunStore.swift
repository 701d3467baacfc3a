public import struct FoundationEssentials.Date

/// The runs, from queued to their final state.
public protocol RunStore: Sendable {
  /// Queues one run that no delivery asked for (by hand, again). Durable when it returns.
  ///
  /// - Parameter audit: recorded in the same transaction, with the run's number as its detail.
  func enqueue(_ request: RunRequest, at date: Date, audit: AuditedAct?) async throws -> Run

  /// Newest first. `nil` filters match everything; `before` is a run number.
  func runs(_ filter: RunFilter) async throws -> [Run]

  func run(number: Int) async throws -> Run?

  /// Oldest first, in the order of the pushes.
  func queuedRuns(limit: Int) async throws -> [Run]

  /// How many runs wait.
  func queueLength() async throws -> Int

  /// What is to be started: of each concurrency group but `groups` the oldest queued run, oldest first, without those of
  /// `pipelines`. However many runs wait, this looks at one of each group.
  func nextRuns(besides groups: Set<String>, pipelines: Set<String>, limit: Int) async throws -> [Run]

  /// What waits for the same pipeline, repository and ref as `run`, where the newest of it is of a mode in which it takes
  /// the place of others.
  func waiting(like run: Run, limit: Int) async throws -> WaitingRuns

  /// What runs of this pipeline, repository and ref have deployed.
  func deployed(like request: RunRequest) async throws -> DeployedRef

  /// Ends those of the runs that still wait, all in one transaction: `by` takes their place. Durable when it returns.
  /// - Returns: the runs that were ended.
  /// - Throws: `StoreFailure`; none is ended then.
  func supersede(_ numbers: [Int], by run: Int, at date: Date) async throws -> [Int]

  /// Those that run or wait for a person, oldest first: what a restarted agent has to take up.
  func runningRuns() async throws -> [Run]

  /// The one way to change a run's state. Durable when it returns.
  /// - Parameter audit: recorded in the same transaction.
  /// - Throws: `RunState.IllegalTransition` for an edge that does not exist, `StoreFailure`.
  func move(run number: Int, to outcome: RunOutcome, at date: Date, audit: AuditedAct?) async throws -> Run

  /// Ends a run whose runner died and queues what takes its place, in one transaction: after a crash at any point both
  /// were done or neither, so a run is never repeated twice and never forgotten. Durable when it returns.
  /// - Parameters:
  ///   - outcome: `interrupted`, and why; where a repetition is queued, its number is added to the reason.
  ///   - repetition: what to queue; `nil` for nothing.
  /// - Returns: the run, and the one that was queued.
  /// - Throws: `RunState.IllegalTransition` where the run has ended already (nothing is queued then), `StoreFailure`.
  func interrupt(
    run number: Int, _ outcome: RunOutcome, repetition: RunRequest?, at date: Date
  ) async throws -> (ended: Run, queued: Run?)
}

extension RunStore {
  /// The same for what the agent does by itself.
  public func enqueue(_ request: RunRequest, at date: Date) async throws -> Run {
    try await enqueue(request, at: date, audit: nil)
  }

  /// The same for what the agent does by itself.
  public func move(run number: Int, to outcome: RunOutcome, at date: Date) async throws -> Run {
    try await move(run: number, to: outcome, at: date, audit: nil)
  }
}

/// A state with its explanation.
public struct RunOutcome: Hashable, Sendable {
  public var state: RunState
  public var reason: String?
  public var failedStep: String?
  /// The commit that was checked out, where one was; recorded for runs that began without one.
  public var commit: CommitID?
  /// The commit that the run began to deploy, where that is now the newest of its ref: the store remembers it.
  public var deployed: CommitID?
  /// The run that took its place, where it was superseded.
  public var supersededBy: Int?
  /// On the monotonic clock, from the runner's first moment to its last event.
  public var took: Seconds?

  public init(
    _ state: RunState, reason: String? = nil, failedStep: String? = nil, commit: CommitID? = nil,
    deployed: CommitID? = nil, supersededBy: Int? = nil, took: Seconds? = nil
  ) {
    self.state = state
    self.reason = reason
    self.failedStep = failedStep
    self.commit = commit
    self.deployed = deployed
    self.supersededBy = supersededBy
    self.took = took
  }

  /// Of a run that never began, because `run` took its place.
  public static func superseded(by run: Int) -> RunOutcome {
    RunOutcome(.superseded, reason: "superseded by run \(run) before it began", supersededBy: run)
  }
}

public struct RunFilter: Hashable, Sendable {
  public var pipeline: String?
  public var state: RunState?
  /// A whole commit id or the beginning of one (hexadecimal, at least 4 digits).
  public var commitPrefix: String?
  public var before: Int?
  public var limit: Int

  public init(
    pipeline: String? = nil, state: RunState? = nil, commitPrefix: String? = nil, before: Int? = nil,
    limit: Int = 50
  ) {
    self.pipeline = pipeline
    self.state = state
    self.commitPrefix = commitPrefix
    self.before = before
    self.limit = limit
  }
}
