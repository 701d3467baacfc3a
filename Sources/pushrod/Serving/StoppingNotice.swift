import Agent
import ServiceLifecycle

/// Tells systemd that the agent is stopping: the last service, so the first to hear of it.
struct StoppingNotice: Service {
  let notifier: SystemdNotifier
  let condition: AgentCondition

  func run() async throws {
    try await gracefulShutdown()
    condition.leave("the agent is stopping.")
    notifier.notify(.stopping)
  }
}
