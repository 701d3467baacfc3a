import FoundationEssentials

/// What a list of attempts says of the deliveries that never got through, and what is to be done about each. Every time
/// is by GitHub's clock.
struct FailedDeliveries {
  /// A delivery of which no attempt got through.
  struct Failed: Hashable, Sendable {
    var guid: String
    var event: String
    /// The newest attempt's id.
    var id: Int
    var hook: Int
    /// Of those that are listed.
    var attempts: Int
    var first: Date
    var last: Date

    /// When it may be asked for again.
    func due(_ limits: RedeliveryLimits) -> Date {
      // 4¹⁰ times any pause is longer than the window.
      last + limits.retryPause * Double(1 << (2 * min(max(attempts - 1, 0), 10)))
    }
  }

  /// Oldest first.
  private(set) var failed: [Failed] = []
  private(set) var accepted: Set<String> = []

  /// - Parameter listed: in any order; of one webhook or several.
  init(_ listed: [(hook: Int, delivery: HookDelivery)], now: Date, window: TimeInterval) {
    var byGUID: [String: Failed] = [:]
    for (hook, delivery) in listed {
      if delivery.isAccepted { accepted.insert(delivery.guid) }
      // A new webhook's greeting tells nothing, now less than ever.
      guard delivery.event != "ping" else { continue }
      guard var known = byGUID[delivery.guid] else {
        byGUID[delivery.guid] = Failed(
          guid: delivery.guid, event: delivery.event, id: delivery.id, hook: hook, attempts: 1,
          first: delivery.deliveredAt, last: delivery.deliveredAt)
        continue
      }
      known.attempts += 1
      if delivery.deliveredAt >= known.last {
        (known.id, known.hook, known.last) = (delivery.id, hook, delivery.deliveredAt)
      }
      known.first = min(known.first, delivery.deliveredAt)
      byGUID[delivery.guid] = known
    }
    failed = byGUID.values.filter { !accepted.contains($0.guid) && now.timeIntervalSince($0.first) < window }
      .sorted { ($0.first, $0.id) < ($1.first, $1.id) }
  }
}
