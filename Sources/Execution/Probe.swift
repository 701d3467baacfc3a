import FoundationEssentials
import Git
import Glibc
import Model
import RunDirectory

/// `pushrod-runner probe`: asks servers for their refs, each in a process of its own that can be killed.
public enum Probe {
  /// Reads a `ProbeRequest` on standard input and prints a `ProbeAnswer`.
  /// - Returns: the process's exit code: 0 when an answer was printed.
  public static func run() -> Int32 {
    do throws(RunnerFailure) {
      let request = try HandoverLine.decode(ProbeRequest.self, from: try HandoverLine.read())
      guard request.remotes.count <= 1000, request.timeout.value > 0, request.timeout.value <= 3600 else {
        throw RunnerFailure("at most 1,000 remotes, and a timeout of at most an hour")
      }
      guard var bytes = (try? JSON.encoder().encode(answer(to: request))).map(Array.init) else {
        throw RunnerFailure("the answer cannot be written as JSON")
      }
      bytes.append(UInt8(ascii: "\n"))
      var written = 0
      while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
        guard count > 0 || errno == EINTR else { throw .last("write the answer") }
        written += max(count, 0)
      }
      return 0
    } catch {
      let bytes = Array("pushrod-runner: \(error.description)\n".utf8)
      _ = write(2, bytes, bytes.count)
      return 1
    }
  }

  /// How many servers are asked at a time.
  private static let width = 8

  private struct Question {
    var index: Int
    var process: pid_t
    var channel: Descriptor
    var received: [UInt8] = []
  }

  static func answer(to request: ProbeRequest) -> ProbeAnswer {
    signal(SIGPIPE, SIG_IGN)
    let deadline = Instant.now + request.timeout.duration
    var answers = [ProbeAnswer.Remote?](repeating: nil, count: request.remotes.count)
    var waiting = Array(request.remotes.indices)[...]
    var asked: [Question] = []
    while !waiting.isEmpty || !asked.isEmpty, Instant.now < deadline {
      while asked.count < width, let index = waiting.popFirst() {
        do throws(RunnerFailure) {
          asked.append(
            try ask(request.remotes[index], index: index, request.limits ?? FetchLimits(), deadline: deadline))
        } catch {
          answers[index] = .init(url: request.remotes[index].url, tips: nil, error: error.description)
        }
      }
      var entries = asked.map { pollfd(fd: $0.channel.raw, events: Int16(POLLIN), revents: 0) }
      poll(&entries, nfds_t(entries.count), deadline.millisecondsLeft)
      for position in asked.indices.reversed() where entries[position].revents != 0 {
        let bytes = asked[position].channel.readAvailable(limit: 1 << 20)
        asked[position].received += bytes
        guard bytes.isEmpty || asked[position].received.count > answerLimit else { continue }
        let done = asked.remove(at: position)
        answers[done.index] = try? JSON.decoder().decode(ProbeAnswer.Remote.self, from: Data(done.received))
        end(done)
      }
    }
    for question in asked { end(question) }
    let remotes = zip(request.remotes, answers).map { remote, answer in
      answer ?? .init(url: remote.url, tips: nil, error: "no answer within \(request.timeout)")
    }
    return ProbeAnswer(libgit2: GitLibrary.version, remotes: remotes)
  }

  /// A server with very many refs.
  private static let answerLimit = 64 << 20

  /// Bytes of memory for one question: about five times what a server may list.
  private static let memory = 768 << 20

  private static func ask(
    _ remote: ProbeRequest.Remote, index: Int, _ limits: FetchLimits, deadline: Instant
  ) throws(RunnerFailure) -> Question {
    let channel = try Descriptor.pipe()
    guard let log = Descriptor.open("/dev/null", O_WRONLY) else { throw .last("open /dev/null") }
    let process = try ChildProcess.fork(output: log) {
      MemoryLimit.set(memory)
      guard let bytes = (try? JSON.encoder().encode(tips(of: remote, limits, deadline: deadline))).map(Array.init)
      else {
        return 1
      }
      return channel.writing.writeAll(bytes) ? 0 : 1
    }
    return Question(index: index, process: process, channel: channel.reading)
  }

  private static func tips(
    of remote: ProbeRequest.Remote, _ limits: FetchLimits, deadline: Instant
  ) -> ProbeAnswer.Remote {
    let credentials = CredentialMatching(remote.credentials)
    let policy = RemotePolicy(
      allowedSchemes: Set(remote.allowedSchemes.map(\.rawValue)),
      credential: { credentials.credential(for: $0) }, deadline: deadline, limits: NetworkLimits(limits))
    do throws(GitFailure) {
      GitLibrary.initialize()
      let tips = try Mirror.tips(url: remote.url, policy: policy)
      return .init(
        url: remote.url, tips: tips.map { .init(name: $0.name, id: $0.id, peeled: $0.peeled) }, error: nil)
    } catch {
      return .init(url: remote.url, tips: nil, error: error.description)
    }
  }

  private static func end(_ question: Question) {
    kill(question.process, SIGKILL)
    waitpid(question.process, nil, 0)
  }
}
