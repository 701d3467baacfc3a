import Glibc

/// What a folder's pipeline files look like from outside. Two equal ones mean that nothing was changed; taking one
/// costs a `stat` per file.
public struct FolderFingerprint: Sendable, Hashable {
  private struct Entry: Hashable {
    var path: String
    var device: UInt
    var inode: UInt
    var size: Int
    var modified: [Int]
    /// Moves also when a tool restores the modification time.
    var changed: [Int]
  }

  private var entries: [Entry?]

  /// - Parameters:
  ///   - folder: of the pipelines; one that cannot be read looks like an empty one.
  ///   - files: further files to watch, such as the configuration.
  public init(folder: String, files: [String] = []) {
    self.init(files: PipelineFolder.everyFile(in: folder) + files)
  }

  /// Files that need not lie in one folder.
  public init(files: [String]) {
    entries = files.map { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      return Entry(
        path: path, device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
        modified: [status.st_mtim.tv_sec, status.st_mtim.tv_nsec],
        changed: [status.st_ctim.tv_sec, status.st_ctim.tv_nsec])
    }
  }
}
