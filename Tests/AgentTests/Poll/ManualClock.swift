@testable import Agent
import Synchronization

/// A clock that only a test moves.
final class ManualClock: Sendable {
  private let instant = Mutex(ContinuousClock.now)

  var now: ContinuousClock.Instant { instant.withLock { $0 } }

  func advance(_ seconds: Double) { instant.withLock { $0 += .seconds(seconds) } }

  /// Without jitter, unless the test wants some.
  func timing(jitter: @escaping @Sendable () -> Double = { 1 }) -> PollTiming {
    PollTiming(now: { [self] in instant.withLock { $0 } }, jitter: jitter)
  }
}
