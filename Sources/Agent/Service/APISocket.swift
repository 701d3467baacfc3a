import Glibc

/// The place of the Unix socket that the local command line connects to.
public enum APISocket {
  public struct Unusable: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// Makes the folder (mode 0755, so that the socket's own permissions decide) and removes a socket that a
  /// dead agent left.
  /// - Throws: `Unusable` where another program answers on it, or something else has the name.
  public static func prepare(_ path: String) throws(Unusable) {
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try makeFolder(String(path[..<slash])) }
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw Unusable(description: "\(path) is not a socket; remove it, or configure another `socket`")
    }
    if let descriptor = UnixSocket.connect(to: path, type: SOCK_STREAM) {
      close(descriptor)
      throw Unusable(description: "another agent answers on \(path); stop it first, or configure another `socket`")
    }
    unlink(path)
  }

  private static func makeFolder(_ path: String) throws(Unusable) {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      try makeFolder(String(path[..<slash]))
      if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    }
    throw Unusable(description: "cannot make the folder \(path) for the socket: \(String(cString: strerror(errno)))")
  }
}
