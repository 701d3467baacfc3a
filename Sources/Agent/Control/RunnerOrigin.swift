import Glibc
import Model

/// Where runners come from, for those that are asked something in place of a run.
public enum RunnerOrigin: Sendable {
  /// - Parameters:
  ///   - executable: absolute path of `pushrod-runner`.
  ///   - environment: of the agent; the runner gets the same part of it as for a run.
  case spawn(executable: String, environment: [String: String])
  /// Absolute path of the socket on which systemd starts runners.
  case socket(path: String)
}

extension RunnerOrigin {
  /// Gives a runner one line and waits for what it answers. The question is given up when the task is cancelled; a runner
  /// that was spawned for it is ended then.
  /// - Parameter timeout: the runner's own; it gets a little more.
  /// - Throws: `RunnerProbe.Failure`.
  func ask<Answer: Decodable & Sendable>(
    _ handover: Handover, _ type: Answer.Type, answerLimit: Int, timeout: Seconds
  ) async throws -> Answer {
    let line = ProbeLine()
    return try await withTaskCancellationHandler {
      // A thread of its own for each question, so that a slow repository holds up no other.
      try await BlockingWork("question").run {
        try exchange(handover, type, line, answerLimit: answerLimit, .now + timeout.duration + .seconds(2))
      }
    } onCancel: {
      line.hangUp()
    }
  }

  private func exchange<Answer: Decodable>(
    _ handover: Handover, _ type: Answer.Type, _ line: ProbeLine, answerLimit: Int,
    _ deadline: ContinuousClock.Instant
  ) throws -> Answer {
    let (descriptor, process) = try connect()
    line.open(descriptor)
    defer {
      line.close()
      if let process {
        kill(process, SIGKILL)
        while waitpid(process, nil, 0) == -1 && errno == EINTR {}
      }
    }
    let conversation = RunnerConversation(
      descriptor: descriptor, runner: "the runner", answerLimit: answerLimit, deadline: deadline)
    return try conversation.ask(handover, type)
  }

  private func connect() throws -> (descriptor: Int32, process: pid_t?) {
    switch self {
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
