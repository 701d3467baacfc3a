import Agent
import Model
import ServiceLifecycle
import UnixSignals

/// SIGHUP: reads configuration and pipelines anew, as `systemctl reload` expects it.
struct HangupReload: Service {
  let agent: any AgentControl
  let notifier: SystemdNotifier
  /// Trapped before anything says that the agent is up: until then the signal ends the process.
  let hangups: UnixSignalsSequence
  /// The kernel tells no handler of Swift's who sent the signal: root, or the agent's own user.
  private static let person = Person(name: "SIGHUP", via: .signal)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await _ in hangups {
        notifier.notify(.reloading)
        do {
          let report = try await agent.reload(by: HangupReload.person)
          notifier.notify(.ready, status: "reloaded: \(Wording.count(report.pipelines.count, "pipeline"))")
        } catch {
          // The log has the details, and so has `pushrod doctor`.
          notifier.notify(.ready, status: "reload failed, the old configuration stays: \(error)")
        }
      }
    }
  }
}
