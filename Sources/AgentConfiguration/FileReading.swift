import Glibc

/// Reads small regular files, with what the operating system says about them at that very moment.
enum FileReading {
  enum Failure: Error {
    case missing
    case notPermitted
    case notRegular
    case tooLarge(limit: Int)
    /// The system's words.
    case other(String)

    /// A clause that follows the file's path.
    var words: String {
      switch self {
      case .missing: "does not exist"
      case .notPermitted: "may not be read by this user"
      case .notRegular: "is not a regular file"
      case .tooLarge(let limit): "is larger than \(limit) bytes"
      case .other(let text): "cannot be read: \(text)"
      }
    }
  }

  struct Contents {
    var bytes: [UInt8]
    /// Permission bits only.
    var mode: UInt32
  }

  static func bytes(of path: String, atMost limit: Int) -> Result<[UInt8], Failure> {
    contents(of: path, atMost: limit).map(\.bytes)
  }

  /// Opened first and asked about afterwards, so that the answer is about the bytes that are read.
  static func contents(of path: String, atMost limit: Int) -> Result<Contents, Failure> {
    guard !path.utf8.contains(0) else { return .failure(.missing) }
    // Not blocking: a named pipe must not stop the agent.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .failure(failure(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .failure(failure(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { return .failure(.notRegular) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return .failure(failure(errno)) }
      if count == 0 { break }
      bytes += buffer[..<count]
      guard bytes.count <= limit else { return .failure(.tooLarge(limit: limit)) }
    }
    return .success(Contents(bytes: bytes, mode: status.st_mode & 0o7777))
  }

  private static func failure(_ code: Int32) -> Failure {
    switch code {
    case ENOENT, ENOTDIR: .missing
    case EACCES, EPERM: .notPermitted
    default: .other(String(cString: strerror(code)))
    }
  }
}
