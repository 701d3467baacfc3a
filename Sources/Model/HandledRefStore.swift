public import struct FoundationEssentials.Date

/// What is remembered of one pipeline's refs of one repository.
public struct HandledRefs: Hashable, Sendable {
  /// What was told last of each, by name.
  public var refs: [RefTip]
  /// The branches and tags that were watched when the agent looked last; `nil` where it never has.
  public var watched: PushTrigger?

  public init(refs: [RefTip], watched: PushTrigger?) {
    self.refs = refs
    self.watched = watched
  }
}

/// Whether the commit that a ref was seen at has been run, where a delivery told of another one last: deliveries may
/// come out of order.
public enum CommitWhereabouts: Hashable, Sendable {
  /// It is news: it was not run, or another commit has been put over it.
  case notRun
  /// It is what was run last; what was told of later was superseded, or told of earlier.
  case ranLast(run: Int)
  /// It was run, and whether the commit of a later delivery takes its place is not decided yet.
  case undecided
}

/// The memory of comparing tips. Deliveries write to it too: `DeliveryStore.record`.
public protocol HandledRefStore: Sendable {
  /// - Parameter repository: the repository's identity.
  /// - Throws: `StoreFailure`.
  func handledRefs(pipeline: String, repository: String) async throws -> HandledRefs

  /// - Parameter tip: where the ref was seen.
  /// - Throws: `StoreFailure`.
  func whereabouts(of tip: RefTip, pipeline: String, repository: String) async throws -> CommitWhereabouts

  /// Remembers that the pipeline was told of `tip` by the delivery that started `run`, where what is remembered is still
  /// `commit`. Durable when it returns.
  /// - Throws: `StoreFailure`.
  func settle(
    _ tip: RefTip, by run: Int, since commit: CommitID, pipeline: String, repository: String
  ) async throws

  /// Begins to watch, or to watch other names: in one transaction, `watched` takes the place of what was watched
  /// before, `seen` are remembered as they stand where nothing is remembered yet (no run is started, and a delivery
  /// of the same commit still starts one), and `dropped` are forgotten. Durable when it returns.
  /// - Throws: `StoreFailure`.
  func watch(
    pipeline: String, repository: String, watched: PushTrigger, seen: [RefTip], dropped: [RefName], at date: Date
  ) async throws
}
