/// The clock of durations and time limits. Setting the machine's time does not touch it.
typealias Instant = ContinuousClock.Instant

extension Instant {
  static var now: Instant { ContinuousClock.now }

  /// Whole milliseconds until this instant, rounded up, for `poll(2)`; 0 where it is over.
  var millisecondsLeft: Int32 {
    let left = ContinuousClock.now.duration(to: self)
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    guard seconds < 1_000_000 else { return 1_000_000_000 }
    return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}

extension Duration {
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
