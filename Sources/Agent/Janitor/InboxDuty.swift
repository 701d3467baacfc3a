public import struct FoundationEssentials.Date
public import Logging
import Metrics
public import Model

/// Removes the deliveries that the inbox need not keep any longer.
public struct InboxDuty: JanitorDuty {
  public let name = "inbox"
  private let inbox: any InboxPruning
  private let rules: RulesInForce
  private let logger: Logger
  private let now: @Sendable () -> Date

  /// - Parameter rules: say how long deliveries are kept, so a reload changes it.
  public init(
    inbox: any InboxPruning, rules: RulesInForce, logger: Logger, now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.inbox = inbox
    self.rules = rules
    self.logger = logger
    self.now = now
  }

  public func perform() async throws {
    let removed = try await inbox.prune(rules.current.inbox, at: now())
    guard removed > 0 else { return }
    Counter(label: Measure.removed.name, dimensions: [("what", "deliveries")]).increment(by: removed)
    logger.info(
      "old deliveries were removed from the inbox",
      metadata: ["event": "inbox_pruned", "stage": "retain", "deliveries": "\(removed)"])
  }
}
