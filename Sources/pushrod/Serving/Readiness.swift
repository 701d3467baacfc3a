import Agent
import Logging

/// Says that the agent is ready when all its listeners are.
struct Readiness: Sendable {
  let condition: AgentCondition
  let notifier: SystemdNotifier

  /// - Parameter purpose: `hooks`, `api` or `socket`.
  func listening(on address: String, for purpose: String, _ logger: Logger) {
    logger.notice("listening", metadata: ["event": "listening", "for": "\(purpose)", "address": "\(address)"])
    if condition.listenerIsUp() { notifier.notify(.ready, status: "listening on \(address)") }
  }
}
