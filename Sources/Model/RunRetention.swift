public import struct FoundationEssentials.Date

/// How long ended runs are kept: until any of these bounds is reached, oldest first.
///
/// The latest run of each pipeline, its latest success and what something else still needs stay in any case.
public struct RunRetention: Hashable, Sendable {
  /// Ended runs of one pipeline, the newest.
  public var runs: Int
  /// Since a run has ended.
  public var days: Int
  /// Bytes on disk of the run directories together.
  public var size: Int

  public init(runs: Int = 200, days: Int = 90, size: Int = 10 << 30) {
    self.runs = runs
    self.days = days
    self.size = size
  }

  /// These bounds with those that `keep` says in their place.
  public func with(_ keep: RunKeep?) -> RunRetention {
    RunRetention(runs: keep?.runs ?? runs, days: keep?.days ?? days, size: keep?.size ?? size)
  }
}

/// `keep`, as a file says it: `nil` for what it leaves open.
public struct RunKeep: Codable, Hashable, Sendable {
  public var runs: Int?
  public var days: Int?
  /// Bytes.
  public var size: Int?

  public init(runs: Int? = nil, days: Int? = nil, size: Int? = nil) {
    self.runs = runs
    self.days = days
    self.size = size
  }
}

/// A run as far as retention has to know it.
public struct StoredRun: Hashable, Sendable {
  public var number: Int
  public var pipeline: String
  public var state: RunState
  /// `nil` while it has not ended.
  public var finishedAt: Date?

  public init(number: Int, pipeline: String, state: RunState, finishedAt: Date?) {
    self.number = number
    self.pipeline = pipeline
    self.state = state
    self.finishedAt = finishedAt
  }
}

/// Runs that can be removed from the store.
public protocol RunPruning: Sendable {
  /// Oldest first, from the one after `number` on.
  /// - Throws: `StoreFailure`.
  func storedRuns(after number: Int, limit: Int) async throws -> [StoredRun]

  /// Removes those of the runs that have ended, in one transaction; deliveries keep their verdicts. The numbers are
  /// remembered until `runsHaveLeft`. Durable when it returns.
  /// - Returns: the numbers that are gone now.
  /// - Throws: `StoreFailure`; none is removed then.
  func removeRuns(_ numbers: [Int]) async throws -> [Int]

  /// Runs that were removed and whose directories may still be there.
  /// - Throws: `StoreFailure`.
  func leavingRuns() async throws -> [Int]

  /// Their directories are gone, or have another name by now.
  /// - Throws: `StoreFailure`.
  func runsHaveLeft(_ numbers: [Int]) async throws
}

/// How many runs wait and run, without reading them.
public struct RunCensus: Hashable, Sendable {
  public var queued: Int
  public var running: Int
  /// When the run that has waited longest was queued; `nil` where none waits.
  public var oldestQueuedAt: Date?

  public init(queued: Int, running: Int, oldestQueuedAt: Date?) {
    self.queued = queued
    self.running = running
    self.oldestQueuedAt = oldestQueuedAt
  }
}

/// Runs that can be counted.
public protocol RunCounting: Sendable {
  /// - Throws: `StoreFailure`.
  func census() async throws -> RunCensus
}
