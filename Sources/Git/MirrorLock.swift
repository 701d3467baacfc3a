import Glibc

/// Keeps two writers out of one mirror: `flock` on `<mirror>.lock`, as long as `body` runs.
///
/// The file stays: removing it would let a third writer lock a new one while a second holds the old.
enum MirrorLock {
  /// Waits until the lock is free and holds it while `body` runs.
  /// - Throws: `.deadline` where it is not free in time, `.internal` where the file cannot be made.
  static func hold<Result>(
    mirror: String, policy: RemotePolicy, operation: String, message: (String) -> Void,
    _ body: () throws(GitFailure) -> Result
  ) throws(GitFailure) -> Result {
    let path = mirror + ".lock"
    _ = mirror.lastIndex(of: "/").map { Directories.make(String(mirror[..<$0])) }
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw GitFailure(
        .internal, operation: operation,
        """
        The lock \(path) cannot be opened: \(SystemError.current). Check that the folder belongs to the user of the \
        runner.
        """
      )
    }
    defer { close(descriptor) }
    var said = false
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else {
        throw GitFailure(
          .internal, operation: operation, "The lock \(path) cannot be taken: \(SystemError.current).")
      }
      if !said { message("waiting for another run that fetches from the same repository") }
      said = true
      guard ContinuousClock.now < policy.deadline else {
        throw GitFailure(
          .deadline, operation: operation,
          "Another run was fetching from the same repository for the whole time allowed for fetching.")
      }
      usleep(5_000)
    }
    return try body()
  }
}
