/// The clock and the dice of polling. Tests bring their own.
public struct PollTiming: Sendable {
  let now: @Sendable () -> ContinuousClock.Instant
  /// What the next interval is multiplied by, so that agents and repositories do not ask in step.
  let jitter: @Sendable () -> Double

  /// The machine's monotonic clock, and ±10 %.
  public static let real = PollTiming(now: { .now }, jitter: { .random(in: 0.9...1.1) })

  public init(now: @escaping @Sendable () -> ContinuousClock.Instant, jitter: @escaping @Sendable () -> Double) {
    self.now = now
    self.jitter = jitter
  }
}
