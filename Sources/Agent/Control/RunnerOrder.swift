import Glibc
public import Model

/// Asks a runner which of several commits is the newest, in the way in which runs are started here: only a runner may
/// read and fill the mirrors.
public struct RunnerOrder: CommitOrder {
  /// Where runners come from.
  public enum Origin: Sendable {
    /// - Parameters:
    ///   - executable: absolute path of `pushrod-runner`.
    ///   - environment: of the agent; the runner gets the same part of it as for a run.
    case spawn(executable: String, environment: [String: String])
    /// Absolute path of the socket on which systemd starts runners.
    case socket(path: String)
  }

  private let origin: Origin
  private static let answerLimit = 1 << 20

  public init(_ origin: Origin) { self.origin = origin }

  /// The question is given up when the task is cancelled.
  /// - Throws: `RunnerProbe.Failure`.
  public func order(_ question: OrderQuestion) async throws -> OrderAnswer {
    let line = ProbeLine()
    return try await withTaskCancellationHandler {
      // A thread of its own for each question, so that a slow repository holds up no other.
      try await BlockingWork("order").run { try exchange(question, line) }
    } onCancel: {
      line.hangUp()
    }
  }

  private func exchange(_ question: OrderQuestion, _ line: ProbeLine) throws -> OrderAnswer {
    let (descriptor, process) = try connect()
    line.open(descriptor)
    defer {
      line.close()
      if let process {
        kill(process, SIGKILL)
        while waitpid(process, nil, 0) == -1 && errno == EINTR {}
      }
    }
    // It has its own time, and a little more.
    let conversation = RunnerConversation(
      descriptor: descriptor, runner: "the runner", answerLimit: RunnerOrder.answerLimit,
      deadline: .now + question.timeout.duration + .seconds(2))
    let answer = try conversation.ask(Handover(question: question), OrderAnswer.self)
    if let error = answer.error { throw RunnerProbe.Failure(description: error) }
    return answer
  }

  private func connect() throws -> (descriptor: Int32, process: pid_t?) {
    switch origin {
    case .socket(let path):
      guard let descriptor = UnixSocket.connect(to: path, type: SOCK_STREAM) else {
        throw RunnerProbe.Failure(description: "cannot connect to \(path): \(String(cString: strerror(errno)))")
      }
      return (descriptor, nil)
    case .spawn(let executable, let environment):
      var ends: [Int32] = [-1, -1]
      guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
        throw RunnerProbe.Failure(description: "cannot make a socket: \(String(cString: strerror(errno)))")
      }
      defer { close(ends[1]) }
      do {
        let process = try SpawnedProcess.start(
          executable, arguments: [], environment: SpawnedProcess.minimalEnvironment(from: environment),
          input: ends[1], output: STDERR_FILENO, error: STDERR_FILENO)
        return (ends[0], process)
      } catch {
        close(ends[0])
        throw RunnerProbe.Failure(description: error.description)
      }
    }
  }
}
