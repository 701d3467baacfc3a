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
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      throw StoreFailure(
        code == EWOULDBLOCK
          ? "another pushrod agent is using the data directory \(folder); stop it first, or give this one "
            + "a data directory of its own."
          : "cannot lock \(path): \(String(cString: strerror(code))).")
    }
  }

  deinit { close(descriptor) }

  /// Gives the folder to whoever wants it next.
  func release() { flock(descriptor, LOCK_UN) }
}
