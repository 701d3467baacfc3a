import Agent
import Model

/// Whether the agent's store can record.
enum StoreCheck {
  static func findings(_ status: AgentStatus) -> [Finding] {
    guard let trouble = status.storeTrouble else { return [.ok("store", "It records what comes in.")] }
    return [
      .fail(
        "store", "Nothing can be recorded, since \(Wording.ago(trouble.since)): \(trouble.reason)",
        "Deliveries are answered 503, and senders send them again; the agent tries again by itself.")
    ]
  }
}
