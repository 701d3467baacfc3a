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

  /// Oldest first: what is to be started, in the order of the pushes.
  func queuedRuns(limit: Int) async throws -> [Run]

  /// Oldest first: what a restarted agent has to take up.
  func runningRuns() async throws -> [Run]

  /// The one way to change a run's state. Durable when it returns.
  /// - Parameter audit: recorded in the same transaction.
  /// - Throws: `RunState.IllegalTransition` for an edge that does not exist, `StoreFailure`.
  func move(run number: Int, to outcome: RunOutcome, at date: Date, audit: AuditedAct?) async throws -> Run
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

  public init(_ state: RunState, reason: String? = nil, failedStep: String? = nil, commit: CommitID? = nil) {
    self.state = state
    self.reason = reason
    self.failedStep = failedStep
    self.commit = commit
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
