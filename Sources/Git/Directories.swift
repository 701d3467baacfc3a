import Glibc

/// Making and removing folders without ever following a symbolic link out of them.
enum Directories {
  /// Makes `path` and what is missing above it.
  static func make(_ path: String) -> Bool {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return true }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return false }
    guard make(String(path[..<slash])) else { return false }
    return mkdir(path, 0o755) == 0 || errno == EEXIST
  }

  /// `O_PATH`, which glibc's headers hide without `_GNU_SOURCE`.
  static let pathOnly: Int32 = 0o10000000

  /// Removes whatever is at `path`; nothing there is fine.
  static func remove(_ path: String) throws(SystemError) {
    try remove(path, in: AT_FDCWD)
  }

  /// Removes the entry `name` of the open folder `parent`, with all below it. A link is removed, not followed;
  /// folders without permissions get them first.
  static func remove(_ name: UnsafePointer<CChar>, in parent: Int32) throws(SystemError) {
    if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return }
    guard errno == EISDIR || errno == EPERM || errno == EACCES else { throw .current }
    var status = stat()
    guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return }
      throw .current
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      guard unlinkat(parent, name, 0) == 0 else { throw .current }
      return
    }
    var folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    if folder < 0, errno == EACCES {
      // Unreadable: give it permissions. It was a folder a moment ago; were it a link now, chmod would go
      // through it, so O_PATH pins what is changed.
      let pinned = openat(parent, name, pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard pinned >= 0 else { throw .current }
      chmod("/proc/self/fd/\(pinned)", 0o700)
      close(pinned)
      folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    guard folder >= 0 else { throw .current }
    defer { close(folder) }
    if status.st_mode & 0o700 != 0o700 { fchmod(folder, 0o700) }
    for entry in try names(in: folder) {
      try entry.withUnsafeBufferPointer { entry throws(SystemError) in
        guard let entry = entry.baseAddress else { return }
        try remove(entry, in: folder)
      }
    }
    guard unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw .current }
  }

  /// The names in an open folder, each with its ending NUL, without `.` and `..`.
  static func names(in folder: Int32) throws(SystemError) -> [[CChar]] {
    var names: [[CChar]] = []
    try forEachName(in: folder) { names.append(Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))) }
    return names
  }

  /// Calls `body` with every name in an open folder but `.` and `..`. It must not change the folder.
  static func forEachName(in folder: Int32, _ body: (UnsafePointer<CChar>) -> Void) throws(SystemError) {
    // fdopendir takes a descriptor over. A copy shares its place in the folder, so that is set back.
    let copy = fcntl(folder, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .current }
    guard let stream = fdopendir(copy) else {
      let error = SystemError.current
      close(copy)
      throw error
    }
    defer { closedir(stream) }
    rewinddir(stream)
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return }
    while let entry = readdir(stream) {
      let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
      if name[0] == 46, name[1] == 0 || (name[1] == 46 && name[2] == 0) { continue }
      body(name)
    }
  }
}
