public import Foundation
import Synchronization

/// A server that a test started, in a session of its own: its whole process group is killed at the end.
public final class ServerProcess: Sendable {
  public let pid: pid_t
  private let output: String
  /// The exit status, once collected.
  private let status = Mutex<Int32?>(nil)

  /// - Parameter output: a file that gets standard output and standard error.
  public init(
    _ argv: [String], in directory: String? = nil, env: [String: String] = [:], output: String
  ) throws {
    self.output = output
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    let log = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    defer {
      close(null)
      close(log)
    }
    pid = try spawn(argv, in: directory, env: env, stdin: null, stdout: log, stderr: log, ownSession: true)
  }

  deinit { stop() }

  /// What the server has written so far.
  public var log: String {
    (try? Data(contentsOf: URL(fileURLWithPath: output))).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Ends the server and everything in its process group. Harmless to call again.
  /// - Returns: the exit status, of its own end where it had ended before; 137 where this killed it.
  @discardableResult
  public func stop() -> Int32 {
    status.withLock { status in
      if let status { return status }
      kill(-pid, SIGKILL)
      let collected = waitForExit(of: pid)
      status = collected
      return collected
    }
  }

  /// Waits until something accepts connections on the port.
  /// - Throws: `CommandFailure` with the server's output after `seconds`, or at once when it exited.
  public func waitUntilListening(on port: Int, seconds: Double = 20) throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if Loopback.accepts(port: port) { return }
      if kill(pid, 0) != 0 { break }
      usleep(10_000)
    }
    throw CommandFailure("the server on port \(port) does not answer: \(log)")
  }
}

extension ServerProcess {
  /// Whether the process itself has ended (it stays a zombie until `stop`).
  public var hasExited: Bool {
    guard let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
    return state.contains(") Z ")
  }
}
