import Door
import Model
import Synchronization

/// Requests without a valid token, counted by address, so that guessing stays slow and cheap for the agent.
final class FailedAttempts: Sendable {
  /// So many at once from one address, and then so many a second.
  private let burst: Double
  private let refill: Double
  /// Addresses that are remembered. Beyond these the newcomers share one bucket.
  private static let mostAddresses = 4096

  private let buckets = Mutex<[ClientNetwork?: TokenBucket]>([:])
  private let began = ContinuousClock.now

  init(burst: Double = 20, refill: Double = 20.0 / 60) {
    self.burst = burst
    self.refill = refill
  }

  /// Notes an attempt.
  /// - Returns: `nil` where the address has had few, else the seconds after which it may try again.
  func note(from address: IPAddress?) -> Int? {
    let now = began.duration(to: .now) / .seconds(1)
    return buckets.withLock { buckets in
      var key = address.map(ClientNetwork.init)
      if buckets[key] == nil, buckets.count >= FailedAttempts.mostAddresses {
        for (network, var bucket) in buckets where bucket.isFull(now: now) { buckets[network] = nil }
        if buckets.count >= FailedAttempts.mostAddresses { key = nil }
      }
      var bucket =
        buckets[key] ?? TokenBucket(capacity: burst, refill: refill, now: now)
      let wait = bucket.take(now: now)
      buckets[key] = bucket
      return wait.map { max(1, Int($0.rounded(.up))) }
    }
  }
}
