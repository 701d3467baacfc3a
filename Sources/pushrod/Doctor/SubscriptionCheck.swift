import Agent
import Model

/// Whether the ways in that the agent opens itself are open.
enum SubscriptionCheck {
  static func findings(_ status: AgentStatus) -> [Finding] {
    (status.subscriptions ?? []).map { subscription in
      let what = "Source `\(subscription.source)`"
      let since = subscription.since.map { ", \(Wording.ago($0))" } ?? ""
      if subscription.isConnected { return .ok(subscription.way.rawValue, "\(what) is connected\(since).") }
      return .warn(
        subscription.way.rawValue,
        "\(what) is not connected\(since). \(subscription.lastError ?? "No attempt has come to an end yet.")",
        "The agent goes on trying; polling finds what is missed meanwhile (`on.poll`).")
    }
  }
}
