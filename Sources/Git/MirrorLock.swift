import Glibc

/// Keeps two writers out of one mirror: `flock` on `<mirror>.lock`.
///
/// The file stays: removing it would let a third writer lock a new one while a second holds the old. Its time of
/// modification tells when the mirror was last used.
struct MirrorLock {
  private let descriptor: Int32

  static func path(of mirror: String) -> String { mirror + ".lock" }

  /// Takes the lock where nobody has it.
  static func tryHold(mirror: String) -> MirrorLock? {
    guard let lock = MirrorLock(mirror) else { return nil }
    if flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 { return lock }
    lock.release()
    return nil
  }

  private init?(_ mirror: String) {
    _ = mirror.lastIndex(of: "/").map { Directories.make(String(mirror[..<$0])) }
    descriptor = open(Self.path(of: mirror), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if descriptor < 0 { return nil }
  }

  func release() { close(descriptor) }

  /// Waits until the lock is free and holds it while `body` runs.
  /// - Throws: `.deadline` where it is not free in time, `.internal` where the file cannot be made.
  static func hold<Result>(
    mirror: String, policy: RemotePolicy, operation: String, message: (String) -> Void,
    _ body: () throws(GitFailure) -> Result
  ) throws(GitFailure) -> Result {
    guard let lock = MirrorLock(mirror) else {
      throw GitFailure(
        .internal, operation: operation,
        """
        The lock \(path(of: mirror)) cannot be opened: \(SystemError.current). Check that the folder belongs to the \
        user of the runner.
        """
      )
    }
    defer { lock.release() }
    var said = false
    while flock(lock.descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else {
        throw GitFailure(
          .internal, operation: operation, "The lock \(path(of: mirror)) cannot be taken: \(SystemError.current).")
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
    futimens(lock.descriptor, nil)
    return try body()
  }
}
