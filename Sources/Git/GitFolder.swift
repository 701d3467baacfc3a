import Glibc

/// The `.git` of a workspace, or of a submodule in it, so that steps may use `git`.
///
/// It is made anew before every checkout: whatever steps left in the old one (hooks, filters, `core.worktree`,
/// alternates, objects, refs, a link in its place) is gone with it. Only the memory of the last
/// checkout is looked at, which saves reading and writing what did not change. A step could forge that memory with some effort; it would
/// deceive the next run of its own pipeline, which it can do in a hundred ways, because runs share a user and a
/// workspace.
struct GitFolder {
  private let parent: Int32
  private let descriptor: Int32

  private static let memoryName = "pushrod-memory"

  /// Reads what the last checkout remembers; `nil` where there is nothing, or nothing whole.
  static func memory(in parent: Int32) -> CheckoutMemory? {
    let folder = openat(parent, ".git", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard folder >= 0 else { return nil }
    defer { _ = Glibc.close(folder) }
    let file = openat(folder, memoryName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { _ = Glibc.close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 1 << 30,
      let bytes = Descriptors.read(file, count: Int(status.st_size))
    else { return nil }
    return CheckoutMemory(bytes, written: status.st_mtim)
  }

  /// Removes what is there and makes a new one, without an index.
  /// - Parameters:
  ///   - parent: the open folder above it, which must stay open.
  ///   - config: sections after `[core]`.
  ///   - sparse: which files are checked out, as git writes it; `nil`: all.
  init(
    in parent: Int32, head: ObjectID, alternate: String, config: String, sparse: String? = nil
  ) throws(SystemError) {
    try Directories.remove(".git", in: parent)
    for folder in [
      ".git", ".git/objects", ".git/objects/info", ".git/objects/pack", ".git/refs", ".git/refs/heads",
      ".git/refs/tags", ".git/info",
    ] {
      guard mkdirat(parent, folder, 0o777) == 0 else { throw .current }
    }
    let folder = openat(parent, ".git", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard folder >= 0 else { throw .current }
    self.parent = parent
    descriptor = folder
    let core = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n"
    let cone = sparse == nil ? "" : "\tsparseCheckout = true\n\tsparseCheckoutCone = true\n"
    if let sparse { try Descriptors.write(Array(sparse.utf8), to: "info/sparse-checkout", in: folder) }
    try Descriptors.write(Array("\(head.hex)\n".utf8), to: "HEAD", in: folder)
    try Descriptors.write(Array((core + cone + config).utf8), to: "config", in: folder)
    try Descriptors.write(Array("\(alternate)/objects\n".utf8), to: "objects/info/alternates", in: folder)
  }

  /// The permissions a new folder gets, which tell the process's umask.
  var permissions: mode_t {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status.st_mode & 0o777 : 0o755
  }

  /// Puts the index in place for `git`, and the memory for the next checkout. The memory comes last: its time
  /// is what changes are compared with.
  func finish(_ index: consuming IndexBuilder, fingerprint: String) throws(SystemError) {
    let (index, memory) = index.finish(fingerprint: fingerprint)
    try Descriptors.write(index, to: "index", in: descriptor)
    try Descriptors.write(memory, to: Self.memoryName, in: descriptor)
  }

  func close() { _ = Glibc.close(descriptor) }
}
