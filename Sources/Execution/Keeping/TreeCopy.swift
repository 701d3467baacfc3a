import Glibc

/// Copies files, links and folders as they are: bytes, permissions, times of modification. A link is copied, not followed;
/// sockets, pipes and devices are left out.
///
/// Where the file system can (Btrfs, XFS, bcachefs), files share their blocks until one of them is written to. Never by hard
/// links: who changes a file in a workspace would change the other one too.
struct TreeCopy {
  /// Bytes of all files together, more of which is a failure.
  let limit: Int
  /// Asked now and then; `true` ends the copy.
  let isOver: () -> Bool
  private(set) var files = 0
  private(set) var bytes = 0
  private(set) var leftOut = 0

  private static let mostFiles = 2_000_000

  init(limit: Int, isOver: @escaping () -> Bool) {
    self.limit = limit
    self.isOver = isOver
  }

  /// Copies what has the name in one folder to another name in another folder, where there is nothing yet.
  mutating func copy(
    _ name: String, in source: Descriptor, to newName: String, in target: Descriptor, depth: Int = 0
  ) throws(KeepingFailure) {
    guard let status = OpenTree.status(name, in: source) else { throw .last("read", name) }
    files += 1
    guard files <= TreeCopy.mostFiles else { throw KeepingFailure("there are more than \(TreeCopy.mostFiles) files") }
    if files % 256 == 0, isOver() { throw KeepingFailure("the time for it is over") }
    switch status.st_mode & S_IFMT {
    case S_IFREG: try file(name, source, newName, target)
    case S_IFLNK: try link(name, source, newName, target)
    case S_IFDIR: try folder(name, source, newName, target, depth)
    default: leftOut += 1
    }
  }

  private mutating func folder(
    _ name: String, _ source: Descriptor, _ newName: String, _ target: Descriptor, _ depth: Int
  ) throws(KeepingFailure) {
    guard depth < OpenTree.deepest else {
      throw KeepingFailure("folders are nested more than \(OpenTree.deepest) deep")
    }
    let inner = try OpenTree.folder([name], below: source)
    guard mkdirat(target.raw, newName, 0o700) == 0 else { throw .last("make", newName) }
    let copy = try OpenTree.folder([newName], below: target)
    for below in try OpenTree.names(in: inner) {
      guard let below else { throw KeepingFailure("\(name) holds a name that is not UTF-8") }
      try self.copy(below, in: inner, to: below, in: copy, depth: depth + 1)
    }
    try finish(copy, like: inner, newName)
  }

  private func link(
    _ name: String, _ source: Descriptor, _ newName: String, _ target: Descriptor
  ) throws(KeepingFailure) {
    var text = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let length = readlinkat(source.raw, name, &text, text.count - 1)
    guard length >= 0 else { throw .last("read", name) }
    guard symlinkat(text, target.raw, newName) == 0 else { throw .last("make", newName) }
  }

  /// - Parameter mode: of the copy; that of the file where `nil`.
  mutating func file(
    _ name: String, _ source: Descriptor, _ newName: String, _ target: Descriptor, mode: mode_t? = nil
  ) throws(KeepingFailure) {
    let opened = openat(source.raw, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard opened >= 0 else { throw .last("read", name) }
    let from = Descriptor(opened)
    var status = stat()
    guard fstat(from.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw KeepingFailure("\(name) became something else")
    }
    guard bytes + Int(status.st_size) <= limit else {
      throw KeepingFailure("it is larger than \(ByteCount.words(limit))")
    }
    let made = openat(target.raw, newName, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard made >= 0 else { throw .last("make", newName) }
    let to = Descriptor(made)
    // FICLONE (ioctl_ficlone(2)).
    if ioctl(to.raw, 0x4004_9409, from.raw) == 0 {
      bytes += Int(status.st_size)
    } else {
      try pour(from, to, name)
    }
    try finish(to, like: from, newName, mode: mode)
  }

  private mutating func pour(_ from: Descriptor, _ to: Descriptor, _ name: String) throws(KeepingFailure) {
    var chunk = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = read(from.raw, &chunk, chunk.count)
      if count == 0 { return }
      if count < 0 {
        if errno == EINTR { continue }
        throw .last("read", name)
      }
      bytes += count
      // It may grow while it is read.
      guard bytes <= limit else { throw KeepingFailure("it is larger than \(ByteCount.words(limit))") }
      var written = 0
      while written < count {
        let done = chunk[written..<count].withUnsafeBytes { write(to.raw, $0.baseAddress, $0.count) }
        guard done > 0 || errno == EINTR else { throw .last("write", name) }
        written += max(done, 0)
      }
      if bytes % (64 << 20) < count, isOver() { throw KeepingFailure("the time for it is over") }
    }
  }

  private func finish(
    _ copy: Descriptor, like original: Descriptor, _ name: String, mode: mode_t? = nil
  ) throws(KeepingFailure) {
    var status = stat()
    guard fstat(original.raw, &status) == 0 else { throw .last("read", name) }
    // Without setuid, setgid and sticky bits.
    guard fchmod(copy.raw, mode ?? status.st_mode & 0o777) == 0 else { throw .last("finish", name) }
    let times = [status.st_atim, status.st_mtim]
    guard futimens(copy.raw, times) == 0 else { throw .last("finish", name) }
  }
}
