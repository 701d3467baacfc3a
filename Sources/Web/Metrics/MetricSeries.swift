import Metrics
import Model
import Synchronization

/// One series: a measure with the values of its labels. What it does with a number follows from the measure's kind.
final class MetricSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
  /// At one moment.
  struct Reading: Sendable {
    /// The counter's or gauge's value; the sum of all values of a histogram.
    var number = 0.0
    /// How many values a histogram has had.
    var count = 0
    /// How many of them lay at or below each bound and above the one before.
    var buckets: [Int] = []
  }

  private let bounds: [Double]?
  private let state: Mutex<Reading>

  init(_ kind: Measure.Kind) {
    if case .histogram(let bounds) = kind {
      self.bounds = bounds
      state = Mutex(Reading(buckets: [Int](repeating: 0, count: bounds.count)))
    } else {
      bounds = nil
      state = Mutex(Reading())
    }
  }

  var reading: Reading { state.withLock { $0 } }

  func increment(by amount: Int64) { increment(by: Double(amount)) }
  func increment(by amount: Double) { state.withLock { $0.number += amount } }
  func decrement(by amount: Double) { state.withLock { $0.number -= amount } }
  func reset() { state.withLock { $0.number = 0 } }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { state.withLock { $0.number = value } }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    guard let bounds else { return set(value) }
    // A value that is no number would spoil the sum for good.
    guard value.isFinite else { return }
    let place = bounds.firstIndex { value <= $0 }
    state.withLock { state in
      state.number += value
      state.count += 1
      if let place { state.buckets[place] += 1 }
    }
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
