import Glibc

/// Tells systemd how the service is, as sd_notify(3) describes the protocol.
///
/// Without `NOTIFY_SOCKET` in the environment, nothing is sent.
public struct SystemdNotifier: Sendable {
  private let socketPath: String?
  /// How often the watchdog wants to hear from us, at the least; `nil` where there is none.
  public let watchdogInterval: Duration?

  /// - Parameters:
  ///   - environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are read.
  ///   - pid: this process; a watchdog that is meant for another one is none.
  public init(environment: [String: String], pid: Int32) {
    socketPath = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    let meant = environment["WATCHDOG_PID"].flatMap { Int32($0) } ?? pid
    let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
    watchdogInterval = meant == pid && microseconds > 0 ? .microseconds(microseconds) : nil
  }

  public enum State: Sendable {
    case ready
    /// Followed by `ready` when done.
    case reloading
    case stopping
    /// Stopping takes this much longer, from now (`EXTEND_TIMEOUT_USEC`).
    case stoppingTakes(Duration)
    case watchdog
  }

  /// Sends one message; `status` is a line for `systemctl status`. Never blocks, and nothing depends on it:
  /// what cannot be delivered is dropped.
  public func notify(_ state: State, status: String? = nil) {
    guard let socketPath else { return }
    var message: String
    switch state {
    case .ready: message = "READY=1"
    case .reloading:
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      message = "RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)"
    case .stopping: message = "STOPPING=1"
    case .stoppingTakes(let time): message = "EXTEND_TIMEOUT_USEC=\(time.components.seconds * 1_000_000)"
    case .watchdog: message = "WATCHDOG=1"
    }
    // One line, whatever is in it.
    if let status { message += "\nSTATUS=" + status.split(whereSeparator: \.isNewline).joined(separator: " ") }
    guard let descriptor = UnixSocket.connect(to: socketPath, type: SOCK_DGRAM) else { return }
    defer { close(descriptor) }
    let bytes = Array(message.utf8)
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
  }
}
