import CLinux
import Glibc

/// The signals that mean something to a runner, turned into something to wait for.
struct RunnerSignals {
  let descriptor: Descriptor
  private let guardian: pid_t
  private let guardianDied: () -> Void

  /// What the kernel sends when the guardian is gone.
  static let guardianDeath = SIGUSR1

  /// Blocks the signals in this thread.
  /// - Parameter guardianDied: called while the runner waits; ends the process.
  init(guardian: pid_t, guardianDied: @escaping () -> Void) throws(RunnerFailure) {
    signal(SIGPIPE, SIG_IGN)
    let wanted = [SIGTERM, SIGINT, SIGHUP, SIGCHLD, RunnerSignals.guardianDeath]
    let raw = pushrod_signal_descriptor(wanted, wanted.count)
    guard raw >= 0 else { throw .last("wait for signals") }
    descriptor = Descriptor(raw)
    self.guardian = guardian
    self.guardianDied = guardianDied
  }

  /// What signals said.
  struct News {
    /// A sentence, where the run is asked to stop.
    var stopReason: String?
    /// A child may have ended.
    var childEnded = false
  }

  /// Takes the signals that came.
  func take() -> News {
    var news = News()
    while true {
      switch pushrod_next_signal(descriptor.raw) {
      case 0: return news
      case SIGCHLD: news.childEnded = true
      case RunnerSignals.guardianDeath: if getppid() != guardian { guardianDied() }
      case let signal: news.stopReason = "the runner was asked to stop (\(SignalName.of(signal)))"
      }
    }
  }

  /// A forked child starts with the signals' usual meaning.
  static func unblock() {
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
  }
}
