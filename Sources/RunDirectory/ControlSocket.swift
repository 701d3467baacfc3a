import Glibc

/// The Unix socket `control` in a run directory.
///
/// A socket's address holds 107 bytes, and data folders may lie deeper. So the folder is opened, and the
/// socket is addressed through `/proc/self/fd`. Who may talk to it is decided by the permissions of the folder
/// and of the socket.
public enum ControlSocket {
  /// Binds and listens. What a dead runner left under the name is removed.
  /// - Returns: a non-blocking descriptor, closed on exec. The caller owns it.
  public static func listen(in directory: RunDirectory) throws(RunDirectoryError) -> Int32 {
    let path = directory.controlPath
    let permissions = try Permissions(inheritedFrom: directory.path)
    let folder = try OpenFile(directory.path, O_RDONLY | O_DIRECTORY)
    unlink(path)
    let descriptor = make(nonBlocking: true)
    guard descriptor >= 0 else { throw .last("make a socket for", path) }
    let bound = withAddress(in: folder) { bind(descriptor, $0, $1) }
    guard bound == 0, chmod(path, permissions.socket) == 0, Glibc.listen(descriptor, 16) == 0 else {
      let failure = RunDirectoryError.last("listen on", path)
      close(descriptor)
      throw failure
    }
    return descriptor
  }

  /// Connects, waiting at most `timeout` seconds for each later read or write.
  /// - Throws: `noRunner` where nobody listens.
  static func connect(to directory: RunDirectory, timeout: Int) throws(RunDirectoryError) -> Int32 {
    let folder: OpenFile
    do {
      folder = try OpenFile(directory.path, O_RDONLY | O_DIRECTORY)
    } catch .system(_, _, ENOENT) {
      throw .noRunner
    }
    let descriptor = make(nonBlocking: false)
    guard descriptor >= 0 else { throw .last("make a socket for", directory.controlPath) }
    var limit = timeval(tv_sec: timeout, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    guard withAddress(in: folder, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
      let failure: RunDirectoryError =
        errno == ENOENT || errno == ECONNREFUSED ? .noRunner : .last("connect to", directory.controlPath)
      close(descriptor)
      throw failure
    }
    return descriptor
  }

  private static func make(nonBlocking: Bool) -> Int32 {
    let flags = SOCK_CLOEXEC.rawValue | (nonBlocking ? SOCK_NONBLOCK.rawValue : 0)
    return socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | flags), 0)
  }

  private static func withAddress(
    in folder: OpenFile, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array("/proc/self/fd/\(folder.descriptor)/control".utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
