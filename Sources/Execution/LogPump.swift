import Glibc
import RunDirectory

/// Moves what a step writes from its pipe into its log, through the masker where there are secrets.
final class LogPump {
  /// What a call of `pump` found.
  enum State {
    /// Nothing more right now.
    case drained
    /// There may be more; the caller looks after other things first.
    case more
    /// Every writer is gone.
    case ended
  }

  /// The reading end; the caller waits on it.
  let pipe: Descriptor
  private let log: LogWriter
  private var masker: Masker
  private(set) var limit: LogLimit?
  private var buffer = [UInt8](repeating: 0, count: LogPump.size)
  private var masked: [UInt8] = []

  init(pipe: Descriptor, log: LogWriter, masker: Masker, limit: LogLimit? = nil) {
    self.pipe = pipe
    self.log = log
    self.masker = masker
    self.limit = limit
  }

  /// Of the pipe and of the buffer, in bytes. Measured: smaller ones cost turns, a pipe of 1 MiB leaves the
  /// processor's cache, and splice(2) from a pipe to a file copies all the same and is slower.
  static let size = 256 << 10

  /// Moves what is there, at most some megabytes.
  func pump() throws(RunDirectoryError) -> State {
    for _ in 0..<32 {
      let (count, state) = fill()
      if count > 0 { try take(count) }
      if state != .more { return state }
    }
    return .more
  }

  /// Reads until the buffer is full: a writer of small pieces costs one write to the log for many of them.
  private func fill() -> (count: Int, state: State) {
    var count = 0
    while count < buffer.count {
      let done = buffer.withUnsafeMutableBytes { read(pipe.raw, $0.baseAddress! + count, $0.count - count) }
      if done > 0 {
        count += done
      } else if done == 0 {
        return (count, .ended)
      } else if errno == EIO {
        // A terminal whose last writer is gone.
        return (count, .ended)
      } else if errno != EINTR {
        return (count, .drained)
      }
    }
    return (count, .more)
  }

  /// Names of processes, fit to be shown.
  func masked(_ names: [String]) -> [String] { names.map { masker.maskedEnd(of: $0) } }

  /// Moves the rest, without waiting for writers that are still there, and gives back what the masker holds.
  func finish() throws(RunDirectoryError) {
    while try pump() == .more {}
    masked.removeAll(keepingCapacity: true)
    masker.finish(into: &masked)
    try write(masked[...])
  }

  private func take(_ count: Int) throws(RunDirectoryError) {
    guard !masker.isEmpty else { return try write(buffer[..<count]) }
    masked.removeAll(keepingCapacity: true)
    buffer.withUnsafeBytes { masker.mask(UnsafeRawBufferPointer(rebasing: $0[..<count]), into: &masked) }
    try write(masked[...])
  }

  /// Writes a line of ours between those of the step.
  func note(_ line: String) throws(RunDirectoryError) {
    try log.writeLine(line)
  }

  /// Reads what is there and forgets it.
  func discard() -> State { fill().state }

  private func write(_ bytes: ArraySlice<UInt8>) throws(RunDirectoryError) {
    guard !bytes.isEmpty else { return }
    let (kept, notice) = limit?.take(bytes) ?? (bytes, nil)
    try kept.withUnsafeBufferPointer { (buffer) throws(RunDirectoryError) in
      try log.write(UnsafeRawBufferPointer(buffer))
    }
    if let notice { try log.write(notice) }
  }
}
