import FoundationEssentials
import Glibc
import Model

/// One question to a process of `pushrod-runner`, and its answer: a JSON line each, over a connected socket.
struct RunnerConversation {
  let descriptor: Int32
  /// Who is asked, for sentences.
  let runner: String
  /// Bytes.
  let answerLimit: Int
  let deadline: ContinuousClock.Instant

  /// Blocks until the other end has said everything, or the time is over.
  /// - Throws: `RunnerProbe.Failure`.
  func ask<Answer: Decodable>(_ question: some Encodable, _ type: Answer.Type) throws -> Answer {
    try send(try JSON.encoder().encode(question) + [UInt8(ascii: "\n")])
    let answer = try receive()
    do {
      return try JSON.decoder().decode(type, from: Data(answer))
    } catch {
      throw RunnerProbe.Failure(description: "\(runner) gave no readable answer; run it by hand to see why")
    }
  }

  private func send(_ line: some ContiguousBytes & Collection<UInt8>) throws {
    var sent = 0
    while sent < line.count {
      try wait(for: Int16(POLLOUT))
      let count = line.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count > 0 {
        sent += count
      } else if errno != EINTR && errno != EAGAIN {
        throw RunnerProbe.Failure(description: "\(runner) ended without reading what it was asked")
      }
    }
    shutdown(descriptor, Int32(SHUT_WR))
  }

  private func receive() throws -> [UInt8] {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      try wait(for: Int16(POLLIN))
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count > 0 {
        answer += buffer[..<count]
        guard answer.count <= answerLimit else {
          throw RunnerProbe.Failure(description: "the remotes have more refs than a probe can tell of")
        }
      } else if count == 0 {
        return answer
      } else if errno != EINTR {
        throw RunnerProbe.Failure(description: "\(runner) broke off: \(String(cString: strerror(errno)))")
      }
    }
  }

  private func wait(for events: Int16) throws {
    while true {
      let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
      guard left > 0 else { throw RunnerProbe.Failure(description: "the remote did not answer in time") }
      var waiting = pollfd(fd: descriptor, events: events, revents: 0)
      let count = poll(&waiting, 1, Int32(min(left, 60_000)))
      if count > 0 { return }
      guard count == 0 || errno == EINTR else {
        throw RunnerProbe.Failure(description: "cannot wait for \(runner): \(String(cString: strerror(errno)))")
      }
    }
  }
}
