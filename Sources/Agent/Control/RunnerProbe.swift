import FoundationEssentials
import Glibc
import Model
public import RunDirectory

/// Asks remotes for their refs through `pushrod-runner probe`, a process of its own: libgit2 has no time-out
/// that the agent could rely on, and no business in the agent.
public struct RunnerProbe: Sendable {
  private let executable: String
  private let environment: [String: String]
  private let work = BlockingWork("probe")

  /// Why nothing could be asked at all. What went wrong with one remote is in the answer.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// - Parameters:
  ///   - executable: absolute path of `pushrod-runner`.
  ///   - environment: of this process; the probe gets the same part of it as a runner.
  public init(executable: String, environment: [String: String]) {
    self.executable = executable
    self.environment = SpawnedProcess.minimalEnvironment(from: environment)
  }

  /// Ends the probe at once when the task is cancelled.
  /// - Throws: `Failure`.
  public func ask(_ request: ProbeRequest) async throws -> ProbeAnswer {
    let line = ProbeLine()
    return try await withTaskCancellationHandler {
      try await work.run { try exchange(request, line) }
    } onCancel: {
      line.hangUp()
    }
  }

  private func exchange(_ request: ProbeRequest, _ line: ProbeLine) throws -> ProbeAnswer {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw Failure(description: "cannot make a socket: \(String(cString: strerror(errno)))")
    }
    line.open(ends[0])
    defer { line.close() }
    let pid: pid_t
    do {
      defer { close(ends[1]) }
      pid = try SpawnedProcess.start(
        executable, arguments: ["probe"], environment: environment, input: ends[1], output: ends[1],
        error: STDERR_FILENO)
    } catch {
      throw Failure(description: error.description)
    }
    // It is given its own time, and a little more; then it is ended.
    let deadline = ContinuousClock.now + request.timeout.duration + .seconds(2)
    defer {
      kill(pid, SIGKILL)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
    }
    let conversation = RunnerConversation(
      descriptor: ends[0], runner: "\(executable) probe", answerLimit: RunnerProbe.mostBytes, deadline: deadline)
    return try conversation.ask(request, ProbeAnswer.self)
  }

  private static let mostBytes = 64 << 20
}
