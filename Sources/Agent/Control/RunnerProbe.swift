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
    try send(request, to: ends[0], deadline)
    let answer = try receive(from: ends[0], deadline)
    do {
      return try JSON.decoder().decode(ProbeAnswer.self, from: Data(answer))
    } catch {
      throw Failure(description: "\(executable) probe gave no readable answer; run it by hand to see why")
    }
  }

  private func send(_ request: ProbeRequest, to descriptor: Int32, _ deadline: ContinuousClock.Instant) throws {
    let line = try JSON.encoder().encode(request) + [UInt8(ascii: "\n")]
    var sent = 0
    while sent < line.count {
      try wait(for: Int16(POLLOUT), on: descriptor, deadline)
      let count = line.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count > 0 {
        sent += count
      } else if errno != EINTR && errno != EAGAIN {
        throw Failure(description: "\(executable) probe ended without reading what it was asked")
      }
    }
    shutdown(descriptor, Int32(SHUT_WR))
  }

  private func receive(from descriptor: Int32, _ deadline: ContinuousClock.Instant) throws -> [UInt8] {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      try wait(for: Int16(POLLIN), on: descriptor, deadline)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count > 0 {
        answer += buffer[..<count]
        guard answer.count <= RunnerProbe.mostBytes else {
          throw Failure(description: "the remotes have more refs than a probe can tell of")
        }
      } else if count == 0 {
        return answer
      } else if errno != EINTR {
        throw Failure(description: "\(executable) probe broke off: \(String(cString: strerror(errno)))")
      }
    }
  }

  private func wait(for events: Int16, on descriptor: Int32, _ deadline: ContinuousClock.Instant) throws {
    while true {
      let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
      guard left > 0 else { throw Failure(description: "the remote did not answer in time") }
      var waiting = pollfd(fd: descriptor, events: events, revents: 0)
      let count = poll(&waiting, 1, Int32(min(left, 60_000)))
      if count > 0 { return }
      guard count == 0 || errno == EINTR else {
        throw Failure(description: "cannot wait for \(executable): \(String(cString: strerror(errno)))")
      }
    }
  }

  private static let mostBytes = 64 << 20
}
