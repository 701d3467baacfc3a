import Glibc
import Model

/// Keeps a second agent off a data directory: a lock on `<folder>/lock` that the kernel gives back when the
/// process ends, however it ends.
final class DataLock: Sendable {
  private let descriptor: Int32

  init(folder: String) throws(StoreFailure) {
    try PrivateFile.makeFolder(folder)
    let path = folder + "/lock"
    descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw StoreFailure("cannot open \(path): \(String(cString: strerror(errno))).")
    }
    PrivateFile.give(descriptor, toOwnerOf: folder)
    let code = DataLock.take(descriptor)
    guard code == 0 else {
      close(descriptor)
      throw StoreFailure(
        code == EWOULDBLOCK
          ? "another pushrod agent is using the data directory \(folder); stop it first, or give this one "
            + "a data directory of its own."
          : "cannot lock \(path): \(String(cString: strerror(code))).")
    }
  }

  deinit { close(descriptor) }

  /// An agent that is killed while it starts a runner leaves the lock to that one, until it has become the other program.
  private static let patience: Duration = .seconds(1)

  /// - Returns: an error code; 0 where the lock was taken.
  private static func take(_ descriptor: Int32) -> Int32 {
    let end = ContinuousClock.now + patience
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      guard code == EWOULDBLOCK || code == EINTR, ContinuousClock.now < end else { return code }
      usleep(10_000)
    }
    return 0
  }

  /// Gives the folder to whoever wants it next.
  func release() { flock(descriptor, LOCK_UN) }
}
