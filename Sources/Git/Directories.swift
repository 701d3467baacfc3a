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

  /// Brings a file, or a folder's names, to the disk.
  static func sync(_ path: String) throws(SystemError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw .current }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .current }
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
    var removal = Removal(top: parent)
    try removal.remove(name, in: parent, depth: 0)
    try removal.removeMoved()
  }

  /// Each level of folders keeps a descriptor open, of which there are few: what lies deeper is moved up to the
  /// top and removed from there.
  private struct Removal {
    let top: Int32
    private var moved: [String] = []
    private var count = 0

    init(top: Int32) { self.top = top }

    mutating func removeMoved() throws(SystemError) {
      while let name = moved.popLast() { try remove(name, in: top, depth: 0) }
    }

    mutating func remove(_ name: UnsafePointer<CChar>, in parent: Int32, depth: Int) throws(SystemError) {
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
      if status.st_mode & 0o700 != 0o700 { try permit(name, in: parent) }
      guard depth < 64 else { return try moveUp(name, in: parent) }
      let folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard folder >= 0 else { throw .current }
      defer { close(folder) }
      for entry in try names(in: folder) {
        try entry.withUnsafeBufferPointer { entry throws(SystemError) in
          guard let entry = entry.baseAddress else { return }
          try remove(entry, in: folder, depth: depth + 1)
        }
      }
      guard unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw .current }
    }

    private mutating func moveUp(_ name: UnsafePointer<CChar>, in parent: Int32) throws(SystemError) {
      while true {
        let new = ".pushrod-removed-\(getpid())-\(count)"
        count += 1
        if renameat(parent, name, top, new) == 0 {
          moved.append(new)
          return
        }
        // Somebody's own folder of this name.
        guard errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR, count < 100_000 else { throw .current }
      }
    }

    /// Gives the owner all rights. The entry was a folder a moment ago; were it a link now, chmod would go through
    /// it, so O_PATH pins what is changed.
    private func permit(_ name: UnsafePointer<CChar>, in parent: Int32) throws(SystemError) {
      let pinned = openat(parent, name, pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard pinned >= 0 else { throw .current }
      defer { close(pinned) }
      guard chmod("/proc/self/fd/\(pinned)", 0o700) == 0 else { throw .current }
    }
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
