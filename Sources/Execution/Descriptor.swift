import CLinux
import Glibc

/// A file descriptor that is closed with its last reference.
final class Descriptor {
  let raw: Int32

  init(_ raw: Int32) { self.raw = raw }

  deinit { close(raw) }

  /// Opens a path, closed on exec; `nil` and `errno` where that fails.
  static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o600) -> Descriptor? {
    let raw = Glibc.open(path, flags | O_CLOEXEC, mode)
    return raw < 0 ? nil : Descriptor(raw)
  }

  /// A pipe whose reading end does not block.
  /// - Parameter size: how many bytes it should hold; a wish.
  static func pipe(size: Int = 65_536) throws(RunnerFailure) -> (reading: Descriptor, writing: Descriptor) {
    var ends: (Int32, Int32) = (0, 0)
    let done = withUnsafeMutablePointer(to: &ends) {
      $0.withMemoryRebound(to: Int32.self, capacity: 2) { pushrod_pipe($0, Int32(size)) }
    }
    guard done == 0 else { throw .last("make a pipe") }
    return (Descriptor(ends.0), Descriptor(ends.1))
  }

  /// Writes all of it, waiting as long as it takes.
  /// - Returns: false, and `errno`, where that fails.
  func writeAll(_ bytes: [UInt8]) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(raw, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { return false }
      written += max(count, 0)
    }
    return true
  }

  /// What can be read without waiting, up to `limit` bytes.
  func readAvailable(limit: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: min(65_536, max(limit, 1)))
    while bytes.count < limit {
      let count = read(raw, &buffer, min(buffer.count, limit - bytes.count))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return bytes
  }
}
