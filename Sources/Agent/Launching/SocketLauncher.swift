import Glibc
public import Model

/// Has systemd start the runner: one connection to `pushrod-runner.socket` (`Accept=yes`) is one instance of
/// `pushrod-runner@.service`, with the connection as its standard input.
///
/// The runner's unit, user, sandbox and limits are the administrator's; it is no child of the agent.
public struct SocketLauncher: RunnerLauncher {
  private let path: String
  private let work = BlockingWork("launch")

  /// - Parameter path: absolute path of the Unix socket that systemd listens on.
  public init(path: String) { self.path = path }

  public func launch(_ handover: Handover) async throws {
    let path = path
    try await work.run {
      guard let descriptor = UnixSocket.connect(to: path, type: SOCK_STREAM) else {
        let code = errno
        throw LaunchFailure(
          "cannot connect to \(path): \(String(cString: strerror(code))); is pushrod-runner.socket started?", code: code
        )
      }
      try HandoverSocket(owning: descriptor).send(handover)
    }
  }

  /// These runners are systemd's children.
  public func reap() {}
}
