import FoundationEssentials
import Glibc
import Model

/// Work with libgit2 in a process of its own, which gives all memory back and can be killed.
enum ForkedWork {
  /// Goes on as two processes, of which the child does `work` and ends. Only while this process has a single thread.
  /// - Parameter memory: bytes that the child may allocate.
  /// - Returns: the child's answer; `nil` where it died, or was killed at the deadline.
  static func answer<Answer: Codable>(
    memory: Int, deadline: Instant, _ work: () -> Answer
  ) throws(RunnerFailure) -> Answer? {
    let (process, reading) = try start(memory, work)
    defer {
      kill(process, SIGKILL)
      while waitpid(process, nil, 0) < 0 && errno == EINTR {}
    }
    return receive(from: reading, deadline).flatMap { try? JSON.decoder().decode(Answer.self, from: Data($0)) }
  }

  /// The pipe's writing end is the child's alone when this returns.
  private static func start<Answer: Codable>(
    _ memory: Int, _ work: () -> Answer
  ) throws(RunnerFailure) -> (pid_t, Descriptor) {
    let channel = try Descriptor.pipe()
    guard let log = Descriptor.open("/dev/null", O_WRONLY) else { throw .last("open /dev/null") }
    let process = try ChildProcess.fork(output: log) {
      MemoryLimit.set(memory)
      guard let bytes = (try? JSON.encoder().encode(work())).map(Array.init) else { return 1 }
      return channel.writing.writeAll(bytes) ? 0 : 1
    }
    return (process, channel.reading)
  }

  private static func receive(from channel: Descriptor, _ deadline: Instant) -> [UInt8]? {
    var received: [UInt8] = []
    while Instant.now < deadline {
      var entry = pollfd(fd: channel.raw, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, deadline.millisecondsLeft) > 0 else { continue }
      let bytes = channel.readAvailable(limit: 1 << 20)
      if bytes.isEmpty { return received }
      received += bytes
    }
    return nil
  }
}
