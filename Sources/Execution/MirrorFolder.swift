import Glibc

/// The mirrors on disk, as `RunArea.mirrorName` lays them out: `<name>.git`, with a long name going on below folders whose
/// names end in `~`.
struct MirrorFolder {
  private let path: String

  init(_ path: String) { self.path = path }

  /// Absolute paths.
  var mirrors: [String] { all { $0.hasSuffix(".git") } }

  /// Absolute paths of mirrors that were being made or removed when that was cut off, if that was before a time (in
  /// seconds since 1970).
  func leftovers(olderThan oldest: Int) -> [String] {
    all { $0.contains(".git.new-") || $0.contains(".git.old-") }.filter { path in
      var status = stat()
      return lstat(path, &status) == 0 && status.st_mtim.tv_sec < oldest
    }
  }

  private func all(_ isWanted: (String) -> Bool) -> [String] {
    FileTree.folders(in: path).flatMap { name -> [String] in
      let folder = "\(path)/\(name)"
      if name.hasSuffix("~") { return MirrorFolder(folder).all(isWanted) }
      return isWanted(name) ? [folder] : []
    }
  }
}
