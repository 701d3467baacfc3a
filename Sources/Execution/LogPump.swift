import CLinux
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
  private var buffer: [UInt8] = []
  private var masked: [UInt8] = []
  private var splices: Bool

  init(pipe: Descriptor, log: LogWriter, masker: Masker) {
    self.pipe = pipe
    self.log = log
    self.masker = masker
    splices = masker.isEmpty
  }

  /// As much as a pipe is asked to hold: fewer turns for the same bytes.
  static let pipeSize: Int32 = 1 << 20

  /// Moves what is there, at most some megabytes.
  func pump() throws(RunDirectoryError) -> State {
    for _ in 0..<8 {
      let count = splices ? try splice() : try copy()
      if count == 0 { return .ended }
      if count < 0 {
        if errno == EINTR { continue }
        return .drained
      }
    }
    return .more
  }

  /// Moves the rest, without waiting for writers that are still there, and gives back what the masker holds.
  func finish() throws(RunDirectoryError) {
    while try pump() == .more {}
    masked.removeAll(keepingCapacity: true)
    masker.finish(into: &masked)
    try write(masked)
  }

  /// The bytes never enter this process.
  private func splice() throws(RunDirectoryError) -> Int {
    let count = try log.append { pushrod_splice(pipe.raw, $0, Int(LogPump.pipeSize)) }
    if count < 0, errno == EINVAL {
      // A file system that cannot.
      splices = false
      return try copy()
    }
    if count < 0, errno != EAGAIN, errno != EINTR {
      throw .system(operation: "write to the log", path: log.name, code: errno)
    }
    return count
  }

  private func copy() throws(RunDirectoryError) -> Int {
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: 256 << 10) }
    let count = read(pipe.raw, &buffer, buffer.count)
    guard count > 0 else { return count }
    masked.removeAll(keepingCapacity: true)
    buffer.withUnsafeBytes { masker.mask(UnsafeRawBufferPointer(rebasing: $0[..<count]), into: &masked) }
    try write(masked)
    return count
  }

  private func write(_ bytes: [UInt8]) throws(RunDirectoryError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(RunDirectoryError) in
      try log.write(UnsafeRawBufferPointer(buffer))
    }
  }
}
