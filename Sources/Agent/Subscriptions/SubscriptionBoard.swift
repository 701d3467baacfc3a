import FoundationEssentials
import Model
import Synchronization

/// Where the connections write how they are, and `status` reads it.
public final class SubscriptionBoard: Sendable {
  private let states = Mutex<[Subscription: SubscriptionStatus]>([:])
  private let gaps: Gaps

  /// - Parameter gaps: told of every connection that is made: what came before it was there for nobody.
  public init(gaps: Gaps = Gaps()) { self.gaps = gaps }

  /// By source and way.
  public var all: [SubscriptionStatus] {
    states.withLock { Array($0.values) }.sorted { ($0.source, $0.way.rawValue) < ($1.source, $1.way.rawValue) }
  }

  public func began(_ subscription: Subscription) {
    states.withLock {
      $0[subscription] = SubscriptionStatus(source: subscription.source, way: subscription.way)
    }
  }

  public func connected(_ subscription: Subscription) {
    states.withLock {
      $0[subscription]?.isConnected = true
      $0[subscription]?.since = Date()
    }
    gaps.ended()
  }

  /// - Parameter reason: a sentence; it is shown to people.
  public func failed(_ subscription: Subscription, _ reason: String) {
    states.withLock {
      if $0[subscription]?.isConnected != false { $0[subscription]?.since = Date() }
      $0[subscription]?.isConnected = false
      $0[subscription]?.lastError = reason
    }
  }

  public func ended(_ subscription: Subscription) { states.withLock { $0[subscription] = nil } }
}
