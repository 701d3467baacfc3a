import CGit2
import Glibc

/// Makes a folder on disk equal to the tree of one commit, and the folders of its submodules equal to theirs.
///
/// libgit2 has a checkout of its own. It takes a file for unchanged by size and time of modification alone,
/// heeds what steps may have put into `.git`, and costs more; so this one goes over the disk itself, through open
/// folders, and never by a path that a link could bend.
///
/// Every state of the disk leads to the same end, so a checkout that was cut off needs no repair of its own.
struct TreeWriter: ~Copyable {
  private let plan: CheckoutPlan
  private let objects: ObjectDatabase
  private let filter: ContentFilter?
  private let workspace: String
  private let permissions: mode_t
  private let working: WorkingTree
  private var memory: IndexCursor
  private var index: IndexBuilder
  /// Of the entry at hand, from the top of this commit; what the index calls it.
  private var path: [UInt8] = []

  /// - Parameter top: the open folder that is to become equal.
  static func write(
    _ plan: CheckoutPlan, to top: Int32, workspace: String, _ working: WorkingTree
  ) throws(GitFailure) {
    let git: GitFolder
    do {
      git = try GitFolder(in: top, head: plan.commit, alternate: plan.mirror.path, config: plan.config)
    } catch {
      throw failure(plan.prefix + Array(".git".utf8), "cannot be made anew", error, workspace)
    }
    defer { git.close() }
    var writer = try TreeWriter(plan, git, workspace, working)
    try writer.apply(plan.entries, to: top)
    do {
      try git.finish(writer.index.finish(), fingerprint: plan.attributes.text)
    } catch {
      throw failure(plan.prefix + Array(".git/index".utf8), "cannot be written", error, workspace)
    }
  }

  private init(
    _ plan: CheckoutPlan, _ git: GitFolder, _ workspace: String, _ working: WorkingTree
  ) throws(GitFailure) {
    let filter = try LibraryError.explained(
      "The workspace \(workspace) cannot be opened", operation: "check out"
    ) { () throws(LibraryError) in
      plan.attributes.isEmpty
        ? nil : ContentFilter(try Repository(openWorkspace: "\(workspace)/\(plan.prefixText)"))
    }
    let objects = try LibraryError.explained(
      "The mirror \(plan.mirror.path) cannot be opened", operation: "check out"
    ) { () throws(LibraryError) in
      try ObjectDatabase(of: Repository(openBare: plan.mirror.path))
    }
    self.objects = objects
    self.filter = filter
    self.plan = plan
    self.workspace = workspace
    self.working = working
    permissions = git.permissions
    // Under other attributes the same objects give other files.
    memory = IndexCursor(plan.memory?.fingerprint == plan.attributes.text ? plan.memory?.index : nil)
    index = IndexBuilder(capacity: plan.entryCount)
  }

  // MARK: Folders

  private mutating func apply(_ entries: [TreeEntry], to folder: Int32) throws(GitFailure) {
    try removeOthers(entries, in: folder)
    // What stands in a folder's `.gitattributes` is needed for its neighbours.
    var attributes: FileStatus?
    if filter != nil, let own = entries.first(where: { $0.isAttributes }) {
      let length = path.count
      path.append(contentsOf: own.name.dropLast())
      attributes = try settle(own, in: folder, remembered: nil)
      path.removeLast(path.count - length)
    }
    for entry in entries {
      let length = path.count
      path.append(contentsOf: entry.name.dropLast())
      switch entry.kind {
      case .folder:
        let child = try enter(entry.name, in: folder)
        defer { close(child) }
        path.append(UInt8(ascii: "/"))
        try apply(entry.children, to: child)
      case .submodule:
        let child = try enter(entry.name, in: folder)
        defer { close(child) }
        if let submodule = plan.submodules[path] {
          try TreeWriter.write(submodule, to: child, workspace: workspace, working)
        } else {
          try removeOthers([], in: child)
        }
        index.append(path: path[...], id: entry.id, mode: entry.indexMode, status: FileStatus())
      case .file, .groupWritableFile, .executable, .link:
        let remembered = memory.status(of: path[...], entry.id)
        let status: FileStatus
        if let attributes, entry.isAttributes {
          status = attributes
        } else {
          status = try settle(entry, in: folder, remembered: remembered)
        }
        index.append(path: path[...], id: entry.id, mode: entry.indexMode, status: status)
      }
      path.removeLast(path.count - length)
    }
  }

  /// Opens a real folder of this name; removes whatever else has the name.
  private func enter(_ name: [UInt8], in parent: Int32) throws(GitFailure) -> Int32 {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    var folder = name.withCString { openat(parent, $0, flags) }
    if folder < 0 {
      // Missing, not a folder, a link, or without permissions.
      if errno != ENOENT { try remove(name, in: parent) }
      guard name.withCString({ mkdirat(parent, $0, 0o777) }) == 0 else { throw failure("cannot be made", .current) }
      folder = name.withCString { openat(parent, $0, flags) }
      guard folder >= 0 else { throw failure("cannot be opened", .current) }
      return folder
    }
    var status = stat()
    if fstat(folder, &status) == 0, status.st_mode & 0o7777 != permissions, fchmod(folder, permissions) != 0 {
      close(folder)
      throw failure("has wrong permissions, which cannot be changed", .current)
    }
    return folder
  }

  /// Removes what is in the folder and not in the tree.
  private mutating func removeOthers(_ entries: [TreeEntry], in folder: Int32) throws(GitFailure) {
    let names: [[CChar]]
    do {
      names = try Directories.names(in: folder)
    } catch {
      throw failure("cannot be read", error)
    }
    let isTop = path.isEmpty
    // Names of a tree are distinct: equal numbers and nothing unknown mean equal sets, so the common case costs a
    // look-up for each name and nothing more.
    let wanted = Set(entries.map { $0.name })
    for name in names {
      let bytes = name.map { UInt8(bitPattern: $0) }
      if wanted.contains(bytes) || isTop && bytes.elementsEqual([0x2e, 0x67, 0x69, 0x74, 0]) { continue }
      let length = path.count
      path.append(contentsOf: bytes.dropLast())
      try remove(bytes, in: folder)
      path.removeLast(path.count - length)
      working.countRemoved()
    }
  }

  // MARK: Files

  /// Makes one file or link right.
  private func settle(
    _ entry: TreeEntry, in folder: Int32, remembered: (status: FileStatus, mode: UInt32)?
  ) throws(GitFailure) -> FileStatus {
    var found = stat()
    let isThere = entry.name.withCString { fstatat(folder, $0, &found, AT_SYMLINK_NOFOLLOW) } == 0
    if isThere, let remembered, remembered.mode == entry.indexMode, hasRightMode(found, entry) {
      let status = FileStatus(found)
      if status == remembered.status, !memory.isRacy(status) {
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
    if found != nil { try remove(entry.name, in: folder) }
    if entry.kind == .link {
      guard !content.isEmpty, content.count < Int(PATH_MAX), !content.contains(0) else {
        throw GitFailure(
          .hostileTree, operation: "check out", "\"\(shownPath)\" is a symbolic link whose target is not a path.")
      }
      let target = [UInt8](content) + [0]
      let code = target.withCString { target in entry.name.withCString { symlinkat(target, folder, $0) } }
      guard code == 0 else { throw failure("cannot be made", .current) }
      var made = stat()
      guard entry.name.withCString({ fstatat(folder, $0, &made, AT_SYMLINK_NOFOLLOW) }) == 0 else {
        throw failure("cannot be found again", .current)
      }
      return (FileStatus(made), true)
    }
    let mode: mode_t = entry.kind == .executable ? 0o777 : 0o666
    let file = entry.name.withCString { openat(folder, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode) }
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
      let length = entry.name.withCString { readlinkat(folder, $0, &target, target.count) }
      guard length == content.count, target.withUnsafeBytes({ $0.prefix(length).elementsEqual(content) }) else {
        return nil
      }
      return FileStatus(found)
    }
    // A second name of the file may be outside: it is not to be changed through this one.
    guard found.st_mode & S_IFMT == S_IFREG, found.st_nlink == 1 else { return nil }
    let file = entry.name.withCString { openat(folder, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
    guard file >= 0 else { return nil }
    defer { close(file) }
    var now = stat()
    guard fstat(file, &now) == 0, now.st_ino == found.st_ino, now.st_mode & S_IFMT == S_IFREG,
      let bytes = Descriptors.read(file, count: content.count),
      bytes.withUnsafeBytes({ IndexCursor.compare($0, content) == 0 })
    else { return nil }
    if !hasRightMode(now, entry), fchmod(file, entry.kind == .executable ? permissions : permissions & 0o666) != 0 {
      return nil
    }
    guard fstat(file, &now) == 0, Int(now.st_size) == content.count else { return nil }
    return FileStatus(now)
  }

  private func hasRightMode(_ status: stat, _ entry: TreeEntry) -> Bool {
    switch entry.kind {
    case .link: status.st_mode & S_IFMT == S_IFLNK
    case .executable: status.st_mode == S_IFREG | permissions
    default: status.st_mode == S_IFREG | permissions & 0o666
    }
  }

  // MARK: Removal and failure

  private func remove(_ name: [UInt8], in folder: Int32) throws(GitFailure) {
    do {
      try name.withUnsafeBufferPointer { bytes throws(SystemError) in
        try bytes.withMemoryRebound(to: CChar.self) { name throws(SystemError) in
          guard let name = name.baseAddress else { return }
          try Directories.remove(name, in: folder)
        }
      }
    } catch {
      throw failure("was left by an earlier step and cannot be removed", error)
    }
  }

  private var shownPath: Escaped { Escaped(plan.prefix + path) }

  private func failure(_ what: String, _ error: SystemError) -> GitFailure {
    Self.failure(plan.prefix + path, what, error, workspace)
  }

  private static func failure(
    _ path: [UInt8], _ what: String, _ error: SystemError, _ workspace: String
  ) -> GitFailure {
    let advice =
      switch error.code {
      case EACCES, EPERM: " It may belong to another user (a step with sudo?): remove it by hand, as root."
      case ENOSPC, EDQUOT: " Make room on the disk and run the pipeline again."
      default: ""
      }
    return GitFailure(
      .checkout, operation: "check out", "\"\(Escaped(path))\" in the workspace \(workspace) \(what): \(error).\(advice)",
      detail: "errno \(error.code)")
  }
}

extension [UInt8] {
  /// Calls `body` with bytes that end with NUL.
  fileprivate func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { body($0.baseAddress.unsafelyUnwrapped) }
    }
  }
}
