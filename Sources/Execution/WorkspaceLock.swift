import Glibc

/// Keeps a second run out of a workspace: `flock` on `<workspace>.lock`, whose time of modification tells when the
/// workspace was last used.
///
/// The agent never starts two runs of a pipeline at once; this is for the day it does.
final class WorkspaceLock {
  private var file: Descriptor?

  private init(_ file: Descriptor) { self.file = file }

  /// Waits up to five seconds: what a killed runner had started may hold it for a moment.
  static func acquire(_ workspace: String) -> WorkspaceLock? {
    let folder = String(workspace[..<(workspace.lastIndex(of: "/") ?? workspace.startIndex)])
    guard (try? FileTree.makeFolders(folder)) != nil,
      let file = Descriptor.open(workspace + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW)
    else { return nil }
    for _ in 0..<100 {
      if flock(file.raw, LOCK_EX | LOCK_NB) == 0 {
        futimens(file.raw, nil)
        return WorkspaceLock(file)
      }
      guard errno == EWOULDBLOCK || errno == EINTR else { return nil }
      usleep(50_000)
    }
    return nil
  }

  /// The lock of a workspace that nobody has used since `oldest` (seconds since 1970), nor does now.
  static func acquire(unusedSince oldest: Int, _ workspace: String) -> WorkspaceLock? {
    guard let file = Descriptor.open(workspace + ".lock", O_RDWR | O_NOFOLLOW) else { return nil }
    var status = stat()
    guard fstat(file.raw, &status) == 0, status.st_mtim.tv_sec < oldest, flock(file.raw, LOCK_EX | LOCK_NB) == 0 else {
      return nil
    }
    return WorkspaceLock(file)
  }

  func release() { file = nil }
}
