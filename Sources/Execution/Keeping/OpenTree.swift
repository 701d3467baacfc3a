import Glibc

/// What kept a file from being copied, kept or found: a clause for the step's log.
struct KeepingFailure: Error {
  let words: String

  init(_ words: String) { self.words = words }

  static func last(_ operation: String, _ path: String) -> KeepingFailure {
    KeepingFailure("cannot \(operation) \(path): \(String(cString: strerror(errno)))")
  }
}

/// Folders that are gone through by open descriptors: a link on the way is never followed, whoever puts it there when.
enum OpenTree {
  static let folderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
  /// Folders in folders.
  static let deepest = 200

  /// Opens a folder below `top`, by its relative path; empty for `top` itself.
  /// - Parameter making: makes what is missing.
  static func folder(
    _ path: some Collection<String>, below top: Descriptor, making: mode_t? = nil
  ) throws(KeepingFailure) -> Descriptor {
    var folder = top
    var shown = ""
    for name in path {
      shown += shown.isEmpty ? name : "/" + name
      if let making, mkdirat(folder.raw, name, making) != 0, errno != EEXIST { throw .last("make", shown) }
      let next = openat(folder.raw, name, folderFlags)
      guard next >= 0 else {
        if errno == ELOOP || errno == ENOTDIR { throw KeepingFailure("\(shown) is no folder, or a link") }
        throw .last("open", shown)
      }
      folder = Descriptor(next)
    }
    return folder
  }

  static func top(_ path: String) throws(KeepingFailure) -> Descriptor {
    guard let top = Descriptor.open(path, O_RDONLY | O_DIRECTORY) else { throw .last("open", path) }
    return top
  }

  /// What is behind a name, without following it; `nil` where there is nothing.
  static func status(_ name: String, in folder: Descriptor) -> stat? {
    var status = stat()
    return fstatat(folder.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
  }

  /// The names in a folder, sorted, without `.` and `..`. Names that are not UTF-8 are `nil`.
  static func names(in folder: Descriptor) throws(KeepingFailure) -> [String?] {
    let copy = openat(folder.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let stream = fdopendir(copy) else { throw .last("read", "a folder") }
    defer { closedir(stream) }
    var names: [String?] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { ($0 ?? "") < ($1 ?? "") }
  }

  /// Removes what has the name, with all below it; nothing there is fine.
  static func remove(_ name: String, in folder: Descriptor, depth: Int = 0) throws(KeepingFailure) {
    if unlinkat(folder.raw, name, 0) == 0 || errno == ENOENT { return }
    guard errno == EISDIR || errno == EPERM, depth < deepest else { throw .last("remove", name) }
    // A folder without permissions cannot be emptied.
    var opened = openat(folder.raw, name, folderFlags)
    if opened < 0, errno == EACCES, fchmodat(folder.raw, name, 0o700, 0) == 0 {
      opened = openat(folder.raw, name, folderFlags)
    }
    guard opened >= 0 else { throw .last("remove", name) }
    let inner = Descriptor(opened)
    fchmod(inner.raw, 0o700)
    for below in try names(in: inner) {
      guard let below else { throw KeepingFailure("\(name) holds a name that is not UTF-8") }
      try remove(below, in: inner, depth: depth + 1)
    }
    guard unlinkat(folder.raw, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw .last("remove", name) }
  }
}
