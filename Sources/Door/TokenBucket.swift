/// So many at once, and then so many a second: the usual token bucket.
public struct TokenBucket: Sendable, Hashable {
  /// The most that can be taken at once.
  public let capacity: Double
  /// Tokens that come back in a second.
  public let refill: Double
  private var tokens: Double
  /// Seconds on a clock that never goes back.
  private var filledAt: Double

  /// Full, at `now`.
  public init(capacity: Double, refill: Double, now: Double) {
    self.capacity = capacity
    self.refill = refill
    tokens = capacity
    filledAt = now
  }

  /// Takes one.
  /// - Returns: `nil` where there was one, else the seconds after which there is.
  public mutating func take(now: Double) -> Double? {
    fill(now)
    guard tokens < 1 else {
      tokens -= 1
      return nil
    }
    return (1 - tokens) / refill
  }

  /// Nothing is owed to anybody: to forget the bucket changes nothing.
  public mutating func isFull(now: Double) -> Bool {
    fill(now)
    return tokens >= capacity
  }

  private mutating func fill(_ now: Double) {
    tokens = min(capacity, tokens + max(0, now - filledAt) * refill)
    filledAt = max(filledAt, now)
  }
}
