import Agent

/// Whether GitHub can be asked for the deliveries that failed, and whether some are beyond help.
enum RedeliveryCheck {
  static func findings(_ status: AgentStatus) -> [Finding] { (status.redeliveries ?? []).map(finding) }

  private static func finding(_ state: RedeliveryStatus) -> Finding {
    let what = "Source `\(state.source)`: failed deliveries of \(state.repository)"
    let last = state.lookedAt.map { "looked for \(Wording.ago($0))" } ?? "not looked for yet"
    if let error = state.error {
      return .warn(
        "redeliver", "\(what): \(last). \(error)",
        "It is tried again by itself; pushes that are missed meanwhile are found by comparing tips.")
    }
    let asked = state.asked == 0 ? "" : ", \(state.asked) asked for again"
    guard state.givenUp == 0 else {
      return .warn(
        "redeliver", "\(what): \(last)\(asked), \(state.givenUp) given up.",
        "See the webhook's recent deliveries at GitHub, and event=redelivery_given_up in the agent's log.")
    }
    return .ok("redeliver", "\(what): \(last)\(asked).")
  }
}
