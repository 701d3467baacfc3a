import Glibc

/// The `.git` of a workspace, or of a submodule in it, so that steps may use `git`.
///
/// It is made anew before every checkout: whatever steps left in the old one (hooks, filters, `core.worktree`,
/// alternates, objects, refs, a link in its place) is gone with it. Only the index of the last checkout is looked
/// at, as a memory of what need not be written again. A step could forge that memory with some effort; it would
/// deceive the next run of its own pipeline, which it can do in a hundred ways, because runs share a user and a
/// workspace.
struct GitFolder {
  private let parent: Int32
  private let descriptor: Int32

  /// The index of the last checkout, and the attributes it was made under.
  struct Memory {
    let index: IndexFile
    let fingerprint: String
  }

  private static let memoryPrefix = "pushrod-index-"

  /// Reads what the last checkout remembers; `nil` where there is nothing, or nothing whole.
  static func memory(in parent: Int32) -> Memory? {
    let folder = openat(parent, ".git", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard folder >= 0 else { return nil }
    defer { _ = Glibc.close(folder) }
    guard let names = try? Directories.names(in: folder) else { return nil }
    for name in names.map({ String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) })
    where name.hasPrefix(memoryPrefix) {
      let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard file >= 0 else { continue }
      defer { _ = Glibc.close(file) }
      var status = stat()
      guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 1 << 30,
        let bytes = Descriptors.read(file, count: Int(status.st_size)),
        let index = IndexFile(bytes, written: status.st_mtim)
      else { continue }
      return Memory(index: index, fingerprint: String(name.dropFirst(memoryPrefix.count)))
    }
    return nil
  }

  /// Removes what is there and makes a new one, without an index.
  /// - Parameters:
  ///   - parent: the open folder above it, which must stay open.
  ///   - config: sections after `[core]`.
  init(in parent: Int32, head: ObjectID, alternate: String, config: String) throws(SystemError) {
    try Directories.remove(".git", in: parent)
    for folder in [".git", ".git/objects", ".git/objects/info", ".git/objects/pack", ".git/refs", ".git/refs/heads", ".git/refs/tags", ".git/info"] {
      guard mkdirat(parent, folder, 0o777) == 0 else { throw .current }
    }
    let folder = openat(parent, ".git", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard folder >= 0 else { throw .current }
    self.parent = parent
    descriptor = folder
    let core = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n"
    try Descriptors.write(Array("\(head.hex)\n".utf8), to: "HEAD", in: folder)
    try Descriptors.write(Array((core + config).utf8), to: "config", in: folder)
    try Descriptors.write(Array("\(alternate)/objects\n".utf8), to: "objects/info/alternates", in: folder)
  }

  /// The permissions a new folder gets, which tell the process's umask.
  var permissions: mode_t {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status.st_mode & 0o777 : 0o755
  }

  /// Puts the index in place, for `git` and as the memory of this checkout: two names of one file, of which
  /// `git` replaces its own.
  func finish(_ index: [UInt8], fingerprint: String) throws(SystemError) {
    let name = Self.memoryPrefix + fingerprint
    try Descriptors.write(index, to: name, in: descriptor)
    guard linkat(descriptor, name, descriptor, "index", 0) == 0 else {
      // A file system without hard links.
      try Descriptors.write(index, to: "index", in: descriptor)
      return
    }
  }

  func close() { _ = Glibc.close(descriptor) }
}
