import Agent
import Logging
import Synchronization

/// Says that the agent is ready when all its listeners are.
final class Readiness: Sendable {
  private let missing: Mutex<Int>
  private let notifier: SystemdNotifier

  init(listeners: Int, notifier: SystemdNotifier) {
    missing = Mutex(listeners)
    self.notifier = notifier
  }

  /// - Parameter purpose: `hooks`, `api` or `socket`.
  func listening(on address: String, for purpose: String, _ logger: Logger) {
    logger.notice("listening", metadata: ["event": "listening", "for": "\(purpose)", "address": "\(address)"])
    let isReady = missing.withLock { missing in
      missing -= 1
      return missing == 0
    }
    if isReady { notifier.notify(.ready, status: "listening on \(address)") }
  }
}
