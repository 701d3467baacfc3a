import Model
import Pipelines

/// Reads `inbox`: how long deliveries are kept.
enum InboxReading {
  static func retention(_ value: Value) -> InboxRetention {
    var retention = InboxRetention()
    guard let fields = value.fields(["keep", "age"]) else { return retention }
    // One at least: what `pushrod inbox` shows after a push is the push.
    if let keep = fields["keep"]?.integer(in: 1...10_000_000) { retention.keep = keep }
    if let age = fields["age"]?.duration(atMost: tenYears) { retention.age = age }
    return retention
  }

  private static let tenYears: Seconds = 315_360_000
}
