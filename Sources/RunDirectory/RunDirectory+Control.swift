import FoundationEssentials
import Glibc
import Model

extension RunDirectory {
  /// Tells the run's runner something and waits for its answer: some milliseconds, at most five seconds.
  /// - Throws: `RunDirectoryError.noRunner` where no runner listens.
  public func send(_ message: ControlMessage) throws(RunDirectoryError) -> ControlReply {
    let descriptor = try ControlSocket.connect(to: self, timeout: 5)
    defer { close(descriptor) }
    var line: [UInt8]
    do {
      line = Array(try JSON.encoder().encode(message))
    } catch {
      throw .corrupt(path: controlPath, detail: "the message cannot be written as JSON")
    }
    line.append(UInt8(ascii: "\n"))
    // MSG_NOSIGNAL: a runner that just ended must not end the agent with SIGPIPE.
    guard Glibc.send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
      throw errno == EPIPE || errno == ECONNRESET ? .noRunner : .last("write to", controlPath)
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !answer.contains(UInt8(ascii: "\n")), answer.count < 65_536 {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw errno == ECONNRESET ? .noRunner : .last("read from", controlPath)
      }
      guard count > 0 else { break }
      answer += buffer[..<count]
    }
    guard !answer.isEmpty else { throw .noRunner }
    return try decode(ControlReply.self, from: answer, path: controlPath)
  }
}
