import Glibc
import Model

/// A file that is open for reading, and is no database that anybody has open: closing it would give up SQLite's locks.
final class PlainFile: Sendable {
  let path: String
  /// In bytes, when it was opened.
  let size: Int
  private let descriptor: Int32

  /// - Returns: `nil` where there is none.
  /// - Throws: `StoreFailure`.
  init?(_ path: String) throws(StoreFailure) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw StoreFailure("cannot open \(path): \(String(cString: strerror(errno))).")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw StoreFailure("\(path) is not a file.")
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Up to `limit` bytes; fewer only at the end of the file. Blocks.
  func read(at offset: Int, limit: Int) throws(StoreFailure) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      while count < limit {
        let done = pread(descriptor, buffer.baseAddress! + count, limit - count, off_t(offset + count))
        if done > 0 {
          count += done
        } else if done == 0 {
          break
        } else if errno != EINTR {
          failure = errno
          break
        }
      }
    }
    if failure != 0 { throw StoreFailure("cannot read \(path): \(String(cString: strerror(failure))).") }
    return bytes
  }
}
