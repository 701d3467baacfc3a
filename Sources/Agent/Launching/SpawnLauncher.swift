import Glibc
public import Model
import RunDirectory
import Synchronization

/// Starts a runner as a detached child: in a session of its own, belonging to no task.
///
/// It outlives the agent, whether that stops or is killed. Under systemd the agent's unit must then not end
/// everything in its control group (`KillMode=process`); the shipped units use `SocketLauncher` instead.
public final class SpawnLauncher: RunnerLauncher {
  private let executable: String
  private let environment: [String: String]
  private let work = BlockingWork("spawn")
  /// Children that have not been collected yet. Nobody else's children are waited for.
  private let children = Mutex<Set<pid_t>>([])

  /// - Parameters:
  ///   - executable: absolute path of `pushrod-runner`.
  ///   - environment: of the agent; the runner gets `PATH`, `HOME`, `LANG`, `TZ` and `USER` of it.
  public init(executable: String, environment: [String: String]) {
    self.executable = executable
    self.environment = SpawnedProcess.minimalEnvironment(from: environment)
  }

  public func launch(_ handover: Handover) async throws {
    try await work.run { [self] in try spawn(handover) }
  }

  public func reap() {
    children.withLock { children in
      children = children.filter { pid in
        var status: Int32 = 0
        return waitpid(pid, &status, WNOHANG) == 0
      }
    }
  }

  private func spawn(_ handover: Handover) throws {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw LaunchFailure("cannot make a socket for the runner: \(String(cString: strerror(errno)))", code: errno)
    }
    let ours = HandoverSocket(owning: ends[0])
    defer { close(ends[1]) }
    let words = try WordsOfRunner(in: RunDirectory(path: handover.directory))
    let pid = try SpawnedProcess.start(
      executable, arguments: [handover.directory], environment: environment, input: ends[1],
      output: words.descriptor, error: words.descriptor)
    children.withLock { _ = $0.insert(pid) }
    try ours.send(handover)
  }
}
