import CLinux
import Glibc

/// A keeper's ears: what the runner orders, and the ends of its children.
final class KeeperOrders: Waiter {
  /// Has the step ended; followed by the reason.
  static let stop = "stop "
  /// The try that is under way is the last; followed by a line for the step's log.
  static let lastTry = "last "

  private let orders: Descriptor
  private let signals: Descriptor
  /// What `poll` looks at: the caller's descriptor, the orders, the signals.
  private var entries: [pollfd]
  private var received: [UInt8] = []
  private var notes: [String] = []
  private var childEnded = false
  /// The step is to be ended, and not tried again.
  private(set) var isStopped = false
  /// Why, in a sentence.
  private var reason = ""
  /// The step is not to be tried again.
  private(set) var isLastTry = false

  /// - Parameter orders: the reading end of the pipe that the runner writes to.
  init?(_ orders: Descriptor) {
    // A keeper ends after its step and not before: what asks the run to stop is the runner's to hear.
    let wanted = [SIGCHLD, SIGTERM, SIGINT, SIGHUP]
    let raw = pushrod_signal_descriptor(wanted, wanted.count)
    guard raw >= 0 else { return nil }
    signals = Descriptor(raw)
    self.orders = orders
    entries = [-1, orders.raw, raw].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  }

  var descriptors: [Int32] { [orders.raw, signals.raw] }

  func takeChildEnded() -> Bool {
    defer { childEnded = false }
    return childEnded
  }

  func takeStop() -> Supervision.Interruption? { isStopped ? .ordered(reason) : nil }

  func takeNotes() -> [String] {
    defer { notes = [] }
    return notes
  }

  func wait(for descriptor: Int32, until deadline: Instant?) -> Bool {
    entries[0].fd = descriptor
    let count = poll(&entries, nfds_t(entries.count), childEnded ? 0 : deadline?.millisecondsLeft ?? -1)
    guard count > 0 else { return false }
    if entries[1].revents != 0 { listen() }
    if entries[2].revents != 0 {
      while case let signal = pushrod_next_signal(signals.raw), signal != 0 {
        if signal == SIGCHLD { childEnded = true }
      }
    }
    return entries[0].revents != 0
  }

  /// Waits for nothing but orders.
  func pause(until time: Instant) {
    while !isStopped, !isLastTry, Instant.now < time {
      _ = wait(for: -1, until: time)
      childEnded = false
    }
  }

  private func listen() {
    let bytes = orders.readAvailable(limit: 65_536)
    // The runner is gone, and this process will be told so by a signal it cannot miss.
    guard !bytes.isEmpty else { return entries[1].fd = -1 }
    received += bytes
    while let end = received.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: received[..<end], as: UTF8.self)
      received.removeSubrange(...end)
      if line.hasPrefix(KeeperOrders.stop) {
        isStopped = true
        reason = String(line.dropFirst(KeeperOrders.stop.count))
      }
      if line.hasPrefix(KeeperOrders.lastTry) {
        isLastTry = true
        notes.append(String(line.dropFirst(KeeperOrders.lastTry.count)))
      }
    }
  }
}
