import Agent
import FoundationEssentials
import Logging
import Model
import ServiceLifecycle
import UnixSignals

/// `serve --drain`: SIGTERM starts no more runs and waits for those that are under way, while deliveries go on being
/// taken. A second SIGTERM, or the limit, ends the waiting; the runs go on then, as they always do.
///
/// When this service ends, the agent stops.
struct DrainOnTermination: Service {
  let dispatcher: Dispatcher
  let condition: AgentCondition
  let limit: Seconds
  let notifier: SystemdNotifier
  let logger: Logger

  /// systemd is asked for more time so often, and for so much.
  private static let interval: Duration = .seconds(5)
  private static let extra: Duration = .seconds(30)

  func run() async throws {
    let (first, begin) = AsyncStream.makeStream(of: Void.self)
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          var isFirst = true
          for await _ in await UnixSignalsSequence(trapping: .sigterm) {
            guard isFirst else { return }
            isFirst = false
            begin.finish()
          }
        }
        group.addTask {
          for await _ in first {}
          await waitForRuns()
        }
        await group.next()
        group.cancelAll()
      }
    }
  }

  private func waitForRuns() async {
    guard !Task.isCancelled else { return }
    await dispatcher.drain(Drain(since: Date(), by: "SIGTERM", endsAgent: true))
    condition.leave("the agent waits for its runs, and stops.")
    let end = ContinuousClock.now + limit.duration
    var nextNotice = ContinuousClock.now
    while !Task.isCancelled {
      let running = await dispatcher.running
      if running == 0 { return }
      guard ContinuousClock.now < end else {
        return logger.warning(
          "the time to wait for runs is over; they go on without this agent",
          metadata: ["event": "drain_over", "running": "\(running)", "limit": "\(limit)"])
      }
      if ContinuousClock.now >= nextNotice {
        nextNotice += DrainOnTermination.interval
        notifier.notify(
          .stoppingTakes(DrainOnTermination.extra),
          status: "waiting for \(running) \(running == 1 ? "run" : "runs") to end")
      }
      try? await Task.sleep(for: .milliseconds(100))
    }
  }
}
