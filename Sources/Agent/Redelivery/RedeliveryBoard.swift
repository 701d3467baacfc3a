import Synchronization

/// Where those who ask for failed deliveries write how it goes, and `status` reads it.
public final class RedeliveryBoard: Sendable {
  private let states = Mutex<[String: RedeliveryStatus]>([:])

  public init() {}

  /// By source.
  public var all: [RedeliveryStatus] { states.withLock { Array($0.values) }.sorted { $0.source < $1.source } }

  public func put(_ status: RedeliveryStatus) { states.withLock { $0[status.source] = status } }

  public func remove(source: String) { states.withLock { $0[source] = nil } }
}
