public import struct FoundationEssentials.Date

/// How long deliveries stay in the inbox: until either bound is reached.
///
/// A delivery whose runs have not ended stays in any case. Its id stays known for good.
public struct InboxRetention: Hashable, Sendable {
  /// Accepted deliveries, the newest. Refused ones have a bound of their own.
  public var keep: Int
  /// Since a delivery came, also for refused ones.
  public var age: Seconds

  public init(keep: Int = 10_000, age: Seconds = 7_776_000) {
    self.keep = keep
    self.age = age
  }
}

/// An inbox that can be made smaller.
public protocol InboxPruning: Sendable {
  /// Removes what `retention` does not keep, in small batches between which deliveries are recorded.
  ///
  /// - Returns: how many deliveries were removed.
  /// - Throws: `StoreFailure`; what was removed until then stays removed.
  func prune(_ retention: InboxRetention, at date: Date) async throws -> Int
}
