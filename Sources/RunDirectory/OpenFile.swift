import Glibc

/// An open file descriptor that is closed with its last reference.
///
/// Every file is opened close-on-exec, so that no step inherits it, and without following a symbolic link in
/// its last component, so that a step cannot make the agent read or write something else.
final class OpenFile: Sendable {
  let descriptor: Int32
  let path: String

  init(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(RunDirectoryError) {
    var descriptor: Int32
    repeat {
      descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode)
    } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else {
      throw .last(flags & O_CREAT == 0 ? "open" : "create", path)
    }
    self.descriptor = descriptor
    self.path = path
  }

  /// `nil` where the file does not exist.
  ///
  /// Without waiting: a step that puts a FIFO in the place of its log must not hold up the agent, which finds it empty.
  static func existing(_ path: String) throws(RunDirectoryError) -> OpenFile? {
    do {
      return try OpenFile(path, O_RDONLY | O_NONBLOCK)
    } catch .system(_, _, ENOENT) {
      return nil
    }
  }

  deinit { close(descriptor) }

  var status: stat {
    get throws(RunDirectoryError) {
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw .last("look at", path) }
      return status
    }
  }

  var size: Int { get throws(RunDirectoryError) { Int(try status.st_size) } }

  /// Up to `limit` bytes from `offset` on; empty at the end of the file.
  func read(at offset: Int, limit: Int) throws(RunDirectoryError) -> [UInt8] {
    let available = min(limit, try size - offset)
    guard available > 0 else { return [] }
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: available) { buffer, count in
      while count < available {
        let done = pread(descriptor, buffer.baseAddress! + count, available - count, off_t(offset + count))
        if done > 0 {
          count += done
        } else if done == 0 {
          break
        } else if errno != EINTR {
          failed = true
          break
        }
      }
    }
    if failed { throw .last("read", path) }
    return bytes
  }

  /// The whole file. A longer one than `limit` is refused.
  func readAll(limit: Int) throws(RunDirectoryError) -> [UInt8] {
    guard try size <= limit else {
      throw .corrupt(path: path, detail: "it is longer than \(limit) bytes")
    }
    return try read(at: 0, limit: limit)
  }

  /// Writes everything; a short write is continued.
  func write(_ bytes: UnsafeRawBufferPointer) throws(RunDirectoryError) {
    var rest = bytes
    while !rest.isEmpty {
      let done = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if done > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[done...])
      } else if errno != EINTR {
        throw .last("write to", path)
      }
    }
  }

  func write(_ bytes: [UInt8]) throws(RunDirectoryError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(RunDirectoryError) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }

  /// Returns when the file is on the disk.
  func sync(dataOnly: Bool = false) throws(RunDirectoryError) {
    guard (dataOnly ? fdatasync(descriptor) : fsync(descriptor)) == 0 else {
      throw .last("write to disk", path)
    }
  }
}
