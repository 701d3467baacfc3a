/// How long to rest before the next attempt: twice as long each time, up to a limit, and never quite the same, so that
/// many who lost one server do not come back all at once.
struct Backoff {
  let first: Duration
  let limit: Duration
  private var next: Duration

  init(first: Duration, limit: Duration) {
    self.first = first
    self.limit = limit
    next = first
  }

  /// The pause before the next attempt: from half to the whole of what has been reached.
  mutating func pause() -> Duration {
    let reached = next
    next = min(next * 2, limit)
    return reached * Double.random(in: 0.5...1)
  }

  mutating func reset() { next = first }
}
