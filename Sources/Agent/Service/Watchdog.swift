public import Logging
public import ServiceLifecycle
import Synchronization

/// Reassures systemd's watchdog, but only while every loop that the agent's work depends on really comes round.
///
/// An agent with nothing to do is as alive as a busy one, because each loop is asked for a round. One that is stuck (a
/// blocked event loop, a commit that the disk never answers) stops the messages, and systemd starts the agent anew.
public struct Watchdog: Service {
  /// A loop of the agent's.
  public struct Loop: Sendable {
    /// For the log.
    public let name: String
    /// Returns when the loop has come round once since the call.
    public let comeRound: @Sendable () async -> Void

    public init(_ name: String, comeRound: @escaping @Sendable () async -> Void) {
      self.name = name
      self.comeRound = comeRound
    }
  }

  private let notifier: SystemdNotifier
  private let loops: [Loop]
  private let logger: Logger

  public init(_ notifier: SystemdNotifier, loops: [Loop], logger: Logger) {
    self.notifier = notifier
    self.loops = loops
    self.logger = logger
  }

  public func run() async throws {
    guard let interval = notifier.watchdogInterval else { return try await gracefulShutdown() }
    let rounds = loops.map { _ in Rounds() }
    // Belonging to nobody: one that is stuck must not keep the agent from ending.
    let askers = zip(loops, rounds).map { loop, rounds in
      Task {
        while !Task.isCancelled {
          await loop.comeRound()
          rounds.add()
          try? await Task.sleep(for: interval / 16)
        }
      }
    }
    defer { for asker in askers { asker.cancel() } }
    await cancelWhenGracefulShutdown { await watch(rounds, interval) }
  }

  private func watch(_ rounds: [Rounds], _ interval: Duration) async {
    var last = rounds.map { _ in -1 }
    var quiet = 0
    while !Task.isCancelled {
      let counts = rounds.map(\.count)
      let stuck = loops.indices.filter { counts[$0] == last[$0] }.map { loops[$0].name }
      if stuck.isEmpty {
        notifier.notify(.watchdog)
        last = counts
        quiet = 0
      } else {
        quiet += 1
        // Half of the time is gone.
        if quiet == 4 {
          logger.error(
            "a main loop does not come round; systemd's watchdog will start the agent anew",
            metadata: ["event": "loop_stuck", "loops": "\(stuck.joined(separator: ","))"])
        }
      }
      // Twice in the interval would do (sd_watchdog_enabled(3)); the rest is room for a loop that is only slow.
      try? await Task.sleep(for: interval / 8)
    }
  }

  private final class Rounds: Sendable {
    private let value = Atomic<Int>(0)

    var count: Int { value.load(ordering: .relaxed) }

    func add() { value.add(1, ordering: .relaxed) }
  }
}
