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
  private let listing: TreeListing
  private let objects: ObjectDatabase
  private let filter: ContentFilter?
  private let workspace: String
  private let permissions: mode_t
  private let working: WorkingTree
  private var memory: IndexCursor
  private var index: IndexBuilder
  /// Of the entry at hand, from the top of this commit; what the index calls it.
  private var path: [UInt8] = []
  private var table = NameTable()

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
    try writer.apply(plan.listing.top, to: top)
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
    listing = plan.listing
    self.workspace = workspace
    self.working = working
    permissions = git.permissions
    // Under other attributes the same objects give other files.
    memory = IndexCursor(plan.memory?.fingerprint == plan.attributes.text ? plan.memory?.index : nil)
    index = IndexBuilder(capacity: plan.listing.entries.count)
  }

  // MARK: Folders

  private mutating func apply(_ range: Range<Int32>, to folder: Int32) throws(GitFailure) {
    try removeOthers(range, in: folder)
    let length = path.count
    // What stands in a folder's `.gitattributes` is needed for its neighbours.
    var attributes: FileStatus?
    if filter != nil, let place = range.first(where: { listing.isAttributes(listing[$0]) }) {
      let own = listing[place]
      path.append(contentsOf: listing.name(own))
      attributes = try settle(own, in: folder, remembered: nil)
      path.removeLast(path.count - length)
    }
    for place in range {
      let entry = listing[place]
      if entry.isEmptyFolder { continue }
      path.append(contentsOf: listing.name(entry))
      switch entry.kind {
      case .folder:
        let child = try enter(entry, in: folder)
        defer { close(child) }
        path.append(UInt8(ascii: "/"))
        try apply(entry.children, to: child)
      case .submodule:
        let child = try enter(entry, in: folder)
        defer { close(child) }
        if let submodule = plan.submodules[path] {
          try TreeWriter.write(submodule, to: child, workspace: workspace, working)
        } else {
          try removeOthers(0..<0, in: child)
        }
        index.append(path: path[...], id: entry.id, mode: entry.indexMode, status: FileStatus())
      case .file, .groupWritableFile, .executable, .link:
        let remembered = memory.status(of: path[...], entry.id)
        let status: FileStatus
        if let attributes, listing.isAttributes(entry) {
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
  private func enter(_ entry: TreeEntry, in parent: Int32) throws(GitFailure) -> Int32 {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    var folder = listing.withName(entry) { openat(parent, $0, flags) }
    if folder < 0 {
      // Missing, not a folder, a link, or without permissions.
      if errno != ENOENT { try remove(entry, in: parent) }
      guard listing.withName(entry, { mkdirat(parent, $0, 0o777) }) == 0 else {
        throw failure("cannot be made", .current)
      }
      folder = listing.withName(entry) { openat(parent, $0, flags) }
      guard folder >= 0 else { throw failure("cannot be opened", .current) }
      return folder
    }
    var status = stat()
    if fstat(folder, &status) == 0, status.st_mode & 0o7777 != permissions, fchmod(folder, permissions) != 0 {
      let error = SystemError.current
      close(folder)
      throw failure("has wrong permissions, which cannot be changed", error)
    }
    return folder
  }

  /// Removes what is in the folder and not in the tree.
  private mutating func removeOthers(_ range: Range<Int32>, in folder: Int32) throws(GitFailure) {
    let isTop = path.isEmpty
    var others: [[CChar]] = []
    table.fill(listing, range)
    do throws(SystemError) {
      try Directories.forEachName(in: folder) { name in
        if table.contains(name, in: listing) || isTop && strcmp(name, ".git") == 0 { return }
        others.append(Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)))
      }
    } catch {
      throw failure("cannot be read", error)
    }
    let length = path.count
    for name in others {
      path.append(contentsOf: name.dropLast().map { UInt8(bitPattern: $0) })
      try name.withUnsafeBufferPointer { name throws(GitFailure) in
        if let name = name.baseAddress { try remove(name, in: folder) }
      }
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
    let isThere = listing.withName(entry) { fstatat(folder, $0, &found, AT_SYMLINK_NOFOLLOW) } == 0
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
    let file = listing.withName(entry) { openat(folder, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode) }
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

  private func remove(_ entry: TreeEntry, in folder: Int32) throws(GitFailure) {
    try listing.withName(entry) { name throws(GitFailure) in try remove(name, in: folder) }
  }

  private func remove(_ name: UnsafePointer<CChar>, in folder: Int32) throws(GitFailure) {
    do throws(SystemError) {
      try Directories.remove(name, in: folder)
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
