/// A token bucket for each of many, of which anybody may bring new ones: bounded.
public struct RateTable<Key: Hashable & Sendable>: Sendable {
  private let capacity: Int
  private var rate: Rate?
  private var buckets: [Key: TokenBucket] = [:]
  private var sweptAt = -Double.infinity

  /// - Parameter capacity: the most buckets that are kept.
  public init(capacity: Int) { self.capacity = max(1, capacity) }

  public var count: Int { buckets.count }

  /// Takes one from the bucket of `key`. With another rate than before, all start anew.
  /// - Returns: `nil` where there was one, else the seconds after which there is.
  public mutating func take(_ key: Key, at rate: Rate, now: Double) -> Double? {
    if rate != self.rate {
      self.rate = rate
      buckets = [:]
    }
    if buckets[key] == nil { makeRoom(now: now) }
    return buckets[key, default: rate.bucket(now: now)].take(now: now)
  }

  /// Buckets that are full again say nothing; after them any may go. A flood from more addresses than the table
  /// holds is not held by limits on addresses, with or without a larger table.
  private mutating func makeRoom(now: Double) {
    guard buckets.count >= capacity else { return }
    if now - sweptAt >= 1 {
      sweptAt = now
      buckets = buckets.filter { _, bucket in
        var bucket = bucket
        return !bucket.isFull(now: now)
      }
    }
    while buckets.count >= capacity, let some = buckets.keys.first { buckets[some] = nil }
  }
}
