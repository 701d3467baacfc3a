import Glibc

/// Keeps a second upkeep away: `flock` on `<folder of mirrors>/.upkeep`.
final class UpkeepLock {
  private var file: Descriptor?

  /// `nil` where another one is under way.
  init?(in folder: String) {
    guard (try? FileTree.makeFolders(folder)) != nil,
      let file = Descriptor.open(folder + "/.upkeep", O_RDWR | O_CREAT | O_NOFOLLOW),
      flock(file.raw, LOCK_EX | LOCK_NB) == 0
    else { return nil }
    self.file = file
  }

  func release() { file = nil }
}
