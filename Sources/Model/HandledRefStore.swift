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

/// The memory of polling. Deliveries write to it too: `DeliveryStore.record`.
public protocol HandledRefStore: Sendable {
  /// - Parameter repository: the repository's identity.
  /// - Throws: `StoreFailure`.
  func handledRefs(pipeline: String, repository: String) async throws -> HandledRefs

  /// Begins to watch, or to watch other names: in one transaction, `watched` takes the place of what was watched
  /// before, `seen` are remembered as they stand where nothing is remembered yet (no run is started, and a delivery
  /// of the same commit still starts one), and `dropped` are forgotten. Durable when it returns.
  /// - Throws: `StoreFailure`.
  func watch(
    pipeline: String, repository: String, watched: PushTrigger, seen: [RefTip], dropped: [RefName], at date: Date
  ) async throws
}
