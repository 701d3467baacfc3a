import Glibc

/// Folders on the disk.
enum Folder {
  /// Makes the folder and those above it; what exists already is left alone.
  static func make(_ path: String) throws(RunDirectoryError) {
    if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw .last("create", path)
    }
    try make(String(path[..<slash]))
    guard mkdir(path, 0o750) == 0 || errno == EEXIST else { throw .last("create", path) }
  }

  /// Brings the folder's entries to disk.
  static func sync(_ path: String) throws(RunDirectoryError) {
    try OpenFile(path, O_RDONLY | O_DIRECTORY).sync()
  }
}
