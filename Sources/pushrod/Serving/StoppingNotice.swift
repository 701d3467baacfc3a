import Agent
import ServiceLifecycle

/// Tells systemd that the agent is stopping: the last service, so the first to hear of it.
struct StoppingNotice: Service {
  let notifier: SystemdNotifier

  func run() async throws {
    try await gracefulShutdown()
    notifier.notify(.stopping)
  }
}
