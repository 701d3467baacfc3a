import Glibc

/// A log file of a run, opened for reading.
///
/// The run directory belongs to the runner, and so to whatever its steps do: only a regular file is opened,
/// never what a link points to, and never one that would make the reader wait.
public final class LogFile: Sendable {
  private let descriptor: Int32

  /// - Returns: `nil` where there is no such regular file.
  public convenience init?(path: String) {
    self.init(opening: open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK))
  }

  /// - Parameter name: of an entry of `folder`.
  convenience init?(_ name: String, in folder: borrowing OpenFolder) {
    self.init(opening: openat(folder.descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK))
  }

  private init?(opening descriptor: Int32) {
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      Glibc.close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  deinit { Glibc.close(descriptor) }

  /// In bytes, now.
  public var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  /// At most `limit` bytes from `offset` on; empty at the end of the file or where it cannot be read.
  public func read(at offset: Int, limit: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      var done: Int
      repeat {
        done = pread(descriptor, buffer.baseAddress, limit, off_t(offset))
      } while done < 0 && errno == EINTR
      count = max(0, done)
    }
  }
}
