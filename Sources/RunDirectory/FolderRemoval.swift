import Glibc

/// Removes folders with everything in them, never outside of them: no link is followed, however names change meanwhile.
struct FolderRemoval {
  /// Asked between entries; what is left then is left.
  let isCancelled: () -> Bool
  /// So deep folders are held open while one goes down; what lies deeper is moved up first.
  private static let mostDepth = 64
  /// Entries that are read before they are removed.
  private static let batch = 1024
  /// `O_PATH` of open(2), which glibc shows to C only with `_GNU_SOURCE`.
  private static let pathOnly: Int32 = 0o10000000

  /// - Returns: whether nothing of it is left. Folders of another user may keep what is in them.
  func remove(_ name: [CChar], in parent: borrowing OpenFolder) -> Bool {
    remove(name, in: parent, top: parent.descriptor, depth: 0)
  }

  private func remove(_ name: [CChar], in parent: borrowing OpenFolder, top: Int32, depth: Int) -> Bool {
    guard !isCancelled() else { return false }
    if unlinkat(parent.descriptor, name, 0) == 0 || errno == ENOENT { return true }
    guard errno == EISDIR || errno == EPERM else { return false }
    if depth >= FolderRemoval.mostDepth {
      // To the top of the folder that is being removed, where it is found again.
      return renameat(parent.descriptor, name, top, "pushrod-deep-\(UInt32.random(in: .min ... .max))") == 0
    }
    FolderRemoval.openUp(name, in: parent)
    guard let folder = OpenFolder(name, in: parent) else { return errno == ENOENT }
    let isEmpty = empty(folder, top: depth == 0 ? folder.descriptor : top, depth: depth)
    return isEmpty && (unlinkat(parent.descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
  }

  private func empty(_ folder: borrowing OpenFolder, top: Int32, depth: Int) -> Bool {
    while true {
      let names = folder.names(atMost: FolderRemoval.batch)
      guard !names.isEmpty else { return true }
      var removed = 0
      for name in names where remove(name, in: folder, top: top, depth: depth + 1) { removed += 1 }
      guard removed > 0 else { return false }
    }
  }

  /// A folder of our own that nobody may change can be changed by us. The entry is opened as what it is, so that no
  /// link leads to another.
  private static func openUp(_ name: [CChar], in parent: borrowing OpenFolder) {
    let entry = openat(parent.descriptor, name, FolderRemoval.pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard entry >= 0 else { return }
    defer { close(entry) }
    var status = stat()
    guard fstat(entry, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o700 != 0o700 else { return }
    _ = chmod("/proc/self/fd/\(entry)", status.st_mode & 0o7777 | 0o700)
  }
}
