import Agent
import Model

/// Whether the ways in that the agent opens itself are open.
enum SubscriptionCheck {
  static func findings(_ status: AgentStatus) -> [Finding] {
    (status.subscriptions ?? []).map { subscription in
      let what = "Source `\(subscription.source)`"
      let ago = subscription.since.map { Wording.ago($0) }
      if subscription.isConnected {
        return .ok(subscription.way.rawValue, "\(what): connected\(ago.map { " \($0)" } ?? "").")
      }
      guard let error = subscription.lastError else {
        return .ok(subscription.way.rawValue, "\(what): not connected yet.")
      }
      return .warn(
        subscription.way.rawValue, "\(what): not connected\(ago.map { ", lost \($0)" } ?? ""). \(error)",
        "It is tried again by itself; pushes that are missed meanwhile are found by comparing tips.")
    }
  }
}
