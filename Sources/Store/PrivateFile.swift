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
