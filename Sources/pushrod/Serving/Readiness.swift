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

  func listening(on address: String, _ logger: Logger) {
    logger.notice("listening", metadata: ["event": "listening", "address": "\(address)"])
    let isReady = missing.withLock { missing in
      missing -= 1
      return missing == 0
    }
    if isReady { notifier.notify(.ready, status: "listening on \(address)") }
  }
}
