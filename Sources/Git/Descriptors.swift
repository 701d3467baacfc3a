import Glibc

/// Whole files through descriptors.
enum Descriptors {
  /// A pipe that no program this process starts will hold; `nil` and `errno` where there can be none.
  static func pipe() -> (reading: Int32, writing: Int32)? {
    var ends: (reading: Int32, writing: Int32) = (-1, -1)
    let code = withUnsafeMutablePointer(to: &ends) {
      $0.withMemoryRebound(to: Int32.self, capacity: 2) { Glibc.pipe($0) }
    }
    guard code == 0 else { return nil }
    _ = fcntl(ends.reading, F_SETFD, FD_CLOEXEC)
    _ = fcntl(ends.writing, F_SETFD, FD_CLOEXEC)
    return ends
  }

  /// - Returns: `nil` where the file cannot be read or has fewer bytes.
  static func read(_ descriptor: Int32, count: Int) -> [UInt8]? {
    var done = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while done < count {
        guard let start = buffer.baseAddress else { break }
        let got = Glibc.read(descriptor, start + done, count - done)
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { break }
        done += got
      }
      initialized = done
    }
    return done == count ? bytes : nil
  }

  /// Makes the file `name`, which must not be there, in an open folder.
  static func write(_ bytes: [UInt8], to name: String, in folder: Int32) throws(SystemError) {
    let file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .current }
    defer { close(file) }
    try bytes.withUnsafeBufferPointer { bytes throws(SystemError) in
      try write(UnsafeRawBufferPointer(bytes), to: file)
    }
  }

  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      guard let start = bytes.baseAddress else { return }
      let put = Glibc.write(descriptor, start + done, bytes.count - done)
      if put < 0 {
        if errno == EINTR { continue }
        throw .current
      }
      done += put
    }
  }
}
