import Glibc
import Model

/// Files and folders of which payloads and names of repositories are nobody else's business.
enum PrivateFile {
  /// An empty file of mode 0600, unless there is one. SQLite gives its log the mode of its main file.
  static func make(_ path: String) throws(StoreFailure) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw StoreFailure("cannot open \(path): \(String(cString: strerror(errno))).")
    }
    close(descriptor)
  }

  /// Gives what root makes in somebody's folder to the folder's owner, who must be able to use it. Others cannot give
  /// anything away, and need not.
  static func give(_ descriptor: Int32, toOwnerOf folder: String) {
    var status = stat()
    guard geteuid() == 0, stat(folder, &status) == 0 else { return }
    _ = fchown(descriptor, status.st_uid, status.st_gid)
  }

  /// Brings a folder's entries to the disk.
  static func syncFolder(_ path: String) throws(StoreFailure) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    guard descriptor >= 0, fsync(descriptor) == 0 else {
      throw StoreFailure("cannot bring the folder \(path) to the disk: \(String(cString: strerror(errno))).")
    }
  }

  /// The folder that `path` lies in.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The folder and those above it, of mode 0700; what exists is left as the administrator made it.
  static func makeFolder(_ path: String) throws(StoreFailure) {
    if path.isEmpty || mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      try makeFolder(String(path[..<slash]))
      if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    }
    throw StoreFailure("cannot make the folder \(path): \(String(cString: strerror(errno))).")
  }
}
