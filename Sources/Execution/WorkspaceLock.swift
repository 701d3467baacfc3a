import Glibc

/// Keeps a second run out of a workspace: `flock` on `<workspace>.lock`.
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
      if flock(file.raw, LOCK_EX | LOCK_NB) == 0 { return WorkspaceLock(file) }
      guard errno == EWOULDBLOCK || errno == EINTR else { return nil }
      usleep(50_000)
    }
    return nil
  }

  func release() { file = nil }
}
