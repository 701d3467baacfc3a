import Glibc
import Synchronization

/// Ctrl-C and its like, counted. Among them a reader of the output that goes away.
enum Interruptions {
  private static let counted = Atomic<Int>(0)

  static var number: Int { counted.load(ordering: .relaxed) }

  static func count() {
    // Made here: within a signal handler nothing may be, and an addition without a lock is all that is done there
    // (signal-safety(7)).
    _ = number
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] {
      Glibc.signal(signal) { _ in Interruptions.counted.add(1, ordering: .relaxed) }
    }
  }
}
