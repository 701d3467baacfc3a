import CGit2
import Glibc

extension TreeWriter {
  /// Makes one file or link right.
  /// - Parameter remembered: its entry in the memory.
  func settle(
    _ entry: TreeEntry, in folder: Int32, remembered: Int32?
  ) throws(GitFailure) -> FileStatus {
    var found = stat()
    let isThere = listing.withName(entry) { fstatat(folder, $0, &found, AT_SYMLINK_NOFOLLOW) } == 0
    if isThere, let memory, let remembered, memory.mode(remembered) == entry.indexMode, hasRightMode(found, entry.kind)
    {
      let status = FileStatus(found)
      if status == memory.status(remembered), !status.isRacy(at: memory.written) {
        try working.countFile(written: false)
        return status
      }
    }
    let (status, isNew) = try objects.read(entry.id, as: GIT_OBJECT_BLOB) { blob throws(GitFailure) in
      guard entry.kind != .link, let filter else { return try settle(entry, in: folder, isThere ? found : nil, blob) }
      return try filter.apply(to: blob, id: entry.id, path: path[...]) { content throws(GitFailure) in
        try settle(entry, in: folder, isThere ? found : nil, content)
      }
    }
    try working.countFile(written: isNew)
    return status
  }

  private func settle(
    _ entry: TreeEntry, in folder: Int32, _ found: stat?, _ content: UnsafeRawBufferPointer
  ) throws(GitFailure) -> (FileStatus, isNew: Bool) {
    if let found, let kept = try keep(entry, in: folder, found, content) { return (kept, false) }
    if found != nil { try remove(entry, in: folder) }
    if entry.kind == .link {
      guard !content.isEmpty, content.count < Int(PATH_MAX), !content.contains(0) else {
        throw GitFailure(
          .hostileTree, operation: "check out", "\"\(shownPath)\" is a symbolic link whose target is not a path.")
      }
      let target = content.map { CChar(bitPattern: $0) } + [0]
      let code = listing.withName(entry) { symlinkat(target, folder, $0) }
      guard code == 0 else { throw failure("cannot be made", .current) }
      var made = stat()
      guard listing.withName(entry, { fstatat(folder, $0, &made, AT_SYMLINK_NOFOLLOW) }) == 0 else {
        throw failure("cannot be found again", .current)
      }
      return (FileStatus(made), true)
    }
    let mode: mode_t = entry.kind == .executable ? 0o777 : 0o666
    let file = listing.withName(entry) {
      openat(folder, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    }
    guard file >= 0 else { throw failure("cannot be made", .current) }
    defer { close(file) }
    do {
      try Descriptors.write(content, to: file)
    } catch {
      throw failure("cannot be written", error)
    }
    var made = stat()
    guard fstat(file, &made) == 0 else { throw failure("cannot be looked at", .current) }
    return (FileStatus(made), true)
  }

  /// The status of a file that has the right bytes already, its mode made right where it is not. `nil`: it is to
  /// be replaced.
  private func keep(
    _ entry: TreeEntry, in folder: Int32, _ found: stat, _ content: UnsafeRawBufferPointer
  ) throws(GitFailure) -> FileStatus? {
    guard Int(found.st_size) == content.count, found.st_uid == geteuid() else { return nil }
    if entry.kind == .link {
      guard found.st_mode & S_IFMT == S_IFLNK else { return nil }
      var target = [CChar](repeating: 0, count: content.count + 1)
      let length = listing.withName(entry) { readlinkat(folder, $0, &target, target.count) }
      guard length == content.count, target.withUnsafeBytes({ $0.prefix(length).elementsEqual(content) }) else {
        return nil
      }
      return FileStatus(found)
    }
    // A second name of the file may be outside: it is not to be changed through this one.
    guard found.st_mode & S_IFMT == S_IFREG, found.st_nlink == 1 else { return nil }
    let file = listing.withName(entry) { openat(folder, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
    guard file >= 0 else { return nil }
    defer { close(file) }
    var now = stat()
    guard fstat(file, &now) == 0, now.st_ino == found.st_ino, now.st_mode & S_IFMT == S_IFREG,
      let bytes = Descriptors.read(file, count: content.count),
      bytes.withUnsafeBytes({
        content.isEmpty
          || memcmp($0.baseAddress.unsafelyUnwrapped, content.baseAddress.unsafelyUnwrapped, content.count) == 0
      })
    else { return nil }
    if !hasRightMode(now, entry.kind), fchmod(file, entry.kind == .executable ? permissions : permissions & 0o666) != 0
    {
      return nil
    }
    guard fstat(file, &now) == 0, Int(now.st_size) == content.count else { return nil }
    return FileStatus(now)
  }

  func hasRightMode(_ status: stat, _ kind: TreeEntry.Kind) -> Bool {
    switch kind {
    case .link: status.st_mode & S_IFMT == S_IFLNK
    case .executable: status.st_mode == S_IFREG | permissions
    default: status.st_mode == S_IFREG | permissions & 0o666
    }
  }
}
