import Dispatch
import Glibc
import Synchronization

/// A file that log lines go to, and that nobody ever waits for.
///
/// A pipe whose reader has stopped takes nothing more: a write to it would stop whoever logs, and with them the agent. What the
/// file does not take at once waits here and is written by a thread of its own; of more than `most` bytes the newest lines
/// are dropped, and counted.
final class LogStream: Sendable {
  static let standardError = LogStream(STDERR_FILENO)

  /// In bytes.
  static let most = 1 << 20

  private struct State {
    var waiting: [UInt8] = []
    var isWriting = false
    var lost = 0
  }

  private let file: Int32
  private let isPipe: Bool
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "pushrod.log")

  init(_ file: Int32) {
    self.file = file
    var status = stat()
    isPipe = fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  func write(_ line: [UInt8]) {
    let begins = state.withLock { state in
      if !state.isWriting, takesAtOnce(line) {
        _ = Glibc.write(file, line, line.count)
        return false
      }
      guard state.waiting.count + line.count <= LogStream.most else {
        state.lost += 1
        return false
      }
      state.waiting += line
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if begins { queue.async { self.writeWaiting() } }
  }

  /// How many lines were dropped since the last time, where there is room again to say so.
  func takeLost() -> Int {
    state.withLock { state in
      guard state.lost > 0, state.waiting.count < LogStream.most / 2 else { return 0 }
      defer { state.lost = 0 }
      return state.lost
    }
  }

  /// Returns when nothing waits any more, or after `patience`: for the end of the process.
  func flush(patience: Duration = .seconds(1)) {
    let end = ContinuousClock.now + patience
    while state.withLock({ $0.isWriting }), ContinuousClock.now < end { usleep(5_000) }
  }

  /// A pipe that is ready has room for PIPE_BUF bytes (pipe(7)); whatever else is ready takes a line.
  private func takesAtOnce(_ line: [UInt8]) -> Bool {
    guard !isPipe || line.count <= 4096 else { return false }
    var entry = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
    return poll(&entry, 1, 0) > 0 && entry.revents & Int16(POLLOUT) != 0
  }

  private func writeWaiting() {
    while true {
      let bytes = state.withLock { state in
        defer { state.waiting = [] }
        if state.waiting.isEmpty { state.isWriting = false }
        return state.waiting
      }
      guard !bytes.isEmpty else { return }
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeBytes {
          Glibc.write(file, UnsafeRawBufferPointer(rebasing: $0[done...]).baseAddress, $0.count - done)
        }
        if count < 0, errno == EINTR || errno == EAGAIN {
          usleep(10_000)
          continue
        }
        // A log that cannot be written must not stop a deploy.
        guard count > 0 else { break }
        done += count
      }
    }
  }
}
