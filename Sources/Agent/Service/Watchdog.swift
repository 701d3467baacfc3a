public import ServiceLifecycle

/// Reassures systemd's watchdog, but only while the dispatcher's loop really comes round.
public struct Watchdog: Service {
  private let notifier: SystemdNotifier
  private let progress: @Sendable () -> Int

  /// - Parameter progress: grows with every turn of the main loop.
  public init(_ notifier: SystemdNotifier, progress: @escaping @Sendable () -> Int) {
    self.notifier = notifier
    self.progress = progress
  }

  public func run() async throws {
    guard let interval = notifier.watchdogInterval else { return try await gracefulShutdown() }
    await cancelWhenGracefulShutdown {
      var last = -1
      while !Task.isCancelled {
        let turns = progress()
        if turns != last {
          notifier.notify(.watchdog)
          last = turns
        }
        // Half of the interval, as sd_watchdog_enabled(3) advises.
        try? await Task.sleep(for: interval / 2)
      }
    }
  }
}
