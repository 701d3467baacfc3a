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
  let plan: CheckoutPlan
  let objects: ObjectDatabase
  let filter: ContentFilter?
  let workspace: String
  let permissions: mode_t
  let working: WorkingTree
  /// Of the last checkout, where it had the same attributes, since under others the same objects give other files, and
  /// where the machine was not started since, since a power cut leaves files that only look right.
  let memory: CheckoutMemory?
  /// The plan's, and what is read in addition while writing.
  var listing: TreeListing
  var cursor = MemoryCursor()
  var index: IndexBuilder
  /// Of the entry at hand, from the top of this commit; what the index calls it.
  var path: [UInt8] = []
  private var table = NameTable()
  private var leftovers = Leftovers()

  /// - Parameter top: the open folder that is to become equal.
  static func write(
    _ plan: CheckoutPlan, to top: Int32, workspace: String, _ working: WorkingTree
  ) throws(GitFailure) {
    let git: GitFolder
    do {
      git = try GitFolder(
        in: top, head: plan.commit, alternate: plan.mirror.path, config: plan.config, sparse: plan.sparse?.patterns)
    } catch {
      throw failure(plan.prefix + Array(".git".utf8), "cannot be made anew", error, workspace)
    }
    defer { git.close() }
    var writer = try TreeWriter(plan, git, workspace, working)
    writer.index.beginFolder([], plan.tree)
    try writer.apply(plan.listing.top, to: top)
    writer.index.endFolder(FileStatus(folder: top))
    try writer.removeLeftovers(top)
    do {
      try git.finish(writer.index, fingerprint: plan.circumstances)
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
    memory = plan.memory?.fingerprint == plan.circumstances ? plan.memory : nil
    index = IndexBuilder(capacity: max(plan.listing.entries.count, Int(plan.memory?.count ?? 0)))
  }

  /// Makes the open folder equal to a row of entries.
  mutating func apply(_ range: Range<Int32>, to folder: Int32) throws(GitFailure) {
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
      case .folder where isLeftOut:
        working.noteLeftOut(path)
        try leaveOut(entry.id, listing.name(entry), entry.isUnread ? nil : entry.children)
      case .folder:
        let child = try listing.withName(entry) { name throws(GitFailure) in try enter(name, in: folder) }
        defer { close(child) }
        try fill(child, entry.id, listing.name(entry), entry.isUnread ? nil : entry.children)
      case .submodule:
        let child = try listing.withName(entry) { name throws(GitFailure) in try enter(name, in: folder) }
        defer { close(child) }
        try fillSubmodule(child, entry.id)
      case .file, .groupWritableFile, .executable, .link:
        let status: FileStatus
        if let attributes, listing.isAttributes(entry) {
          status = attributes
        } else {
          let known = memory.flatMap { cursor.entry(of: path[...], entry.id, in: $0) }
          status = try settle(entry, in: folder, remembered: known)
        }
        index.append(path: path[...], id: entry.id, mode: entry.indexMode, status: status)
      }
      path.removeLast(path.count - length)
    }
  }

  /// Makes an open folder, whose path is at hand, equal to a tree.
  /// - Parameter range: what the tree holds, where it was read.
  mutating func fill(
    _ folder: Int32, _ tree: ObjectID, _ name: some Sequence<UInt8>, _ range: Range<Int32>?
  ) throws(GitFailure) {
    index.beginFolder(name, tree)
    var status = FileStatus(folder: folder)
    let place = memory?.places[path]
    path.append(UInt8(ascii: "/"))
    if let range {
      try apply(range, to: folder)
      status = FileStatus(folder: folder)
    } else if let memory, let place, plan.rule.clean != .ignoredKept, memory.isUnchanged(status, place) {
      if try applyRemembered(memory, place, to: folder) { status = FileStatus(folder: folder) }
    } else {
      try apply(try read(tree), to: folder)
      status = FileStatus(folder: folder)
    }
    index.endFolder(status)
  }

  mutating func fillSubmodule(_ folder: Int32, _ commit: ObjectID) throws(GitFailure) {
    if let submodule = plan.submodules[path] {
      try TreeWriter.write(submodule, to: folder, workspace: workspace, working)
    } else {
      path.append(UInt8(ascii: "/"))
      try removeOthers(0..<0, in: folder)
      path.removeLast()
    }
    index.append(path: path[...], id: commit, mode: TreeEntry.Kind.submodule.rawValue, status: FileStatus())
  }

  /// Reads a tree that was inspected in an earlier checkout. Its path, with a slash behind it, is at hand.
  mutating func read(_ tree: ObjectID) throws(GitFailure) -> Range<Int32> {
    let first = listing.count
    try objects.read(tree, as: GIT_OBJECT_TREE) { bytes throws(GitFailure) in
      try TreeInspection.parse(bytes, into: &listing, plan.prefix + path)
    }
    let range = first..<listing.count
    for place in range where listing[place].kind == .folder {
      let (own, length) = (listing[place], path.count)
      path.append(contentsOf: listing.name(own))
      if let memory = plan.memory, let known = memory.places[path], memory.folders[Int(known)].id == own.id {
        listing.setUnread(place)
      } else {
        // The memory knows no empty folders; whether this is one has to be seen.
        path.append(UInt8(ascii: "/"))
        let children = try read(own.id)
        if !listing.isAllEmpty(children) { listing.setChildren(of: place, children) }
      }
      path.removeLast(path.count - length)
    }
    return range
  }

  /// Opens a real folder of this name; removes whatever else has the name.
  func enter(_ name: UnsafePointer<CChar>, in parent: Int32) throws(GitFailure) -> Int32 {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    var folder = openat(parent, name, flags)
    if folder < 0 {
      // Missing, not a folder, a link, or without permissions.
      if errno != ENOENT { try remove(name, in: parent) }
      guard mkdirat(parent, name, 0o777) == 0 else { throw failure("cannot be made", .current) }
      folder = openat(parent, name, flags)
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
    // Some of which may not be checked out.
    var folders: [Int32] = []
    table.fill(listing, range)
    do throws(SystemError) {
      try Directories.forEachName(in: folder) { name in
        if isTop && strcmp(name, ".git") == 0 { return }
        if let place = table.place(of: name, in: listing) {
          guard plan.sparse != nil, listing[place].kind == .folder else { return }
          folders.append(place)
          return
        }
        others.append(Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)))
      }
    } catch {
      throw failure("cannot be read", error)
    }
    let length = path.count
    for place in folders {
      let entry = listing[place]
      path.append(contentsOf: listing.name(entry))
      if isLeftOut {
        try remove(entry, in: folder)
        working.countRemoved()
      }
      path.removeLast(path.count - length)
    }
    if plan.rule.clean == .none { return }
    for name in others {
      path.append(contentsOf: name.dropLast().map { UInt8(bitPattern: $0) })
      if plan.rule.clean == .ignoredKept {
        leftovers.note(path)
        path.removeLast(path.count - length)
        continue
      }
      try name.withUnsafeBufferPointer { name throws(GitFailure) in
        if let name = name.baseAddress { try remove(name, in: folder) }
      }
      path.removeLast(path.count - length)
      working.countRemoved()
    }
  }

  /// Now that the commit's own rules are in place.
  private func removeLeftovers(_ top: Int32) throws(GitFailure) {
    guard !leftovers.isEmpty else { return }
    let place = "\(workspace)/\(plan.prefixText)"
    let repository = try LibraryError.explained("The workspace \(place) cannot be opened", operation: "check out") {
      () throws(LibraryError) in try Repository(openWorkspace: place)
    }
    do throws(SystemError) {
      for _ in 0..<(try leftovers.remove(in: repository, top: top)) { working.countRemoved() }
    } catch {
      throw failure("cannot be rid of what earlier steps left", error)
    }
  }

  func remove(_ entry: TreeEntry, in folder: Int32) throws(GitFailure) {
    try listing.withName(entry) { name throws(GitFailure) in try remove(name, in: folder) }
  }

  func remove(_ name: UnsafePointer<CChar>, in folder: Int32) throws(GitFailure) {
    do throws(SystemError) {
      try Directories.remove(name, in: folder)
    } catch {
      throw failure("was left by an earlier step and cannot be removed", error)
    }
  }

  var shownPath: Escaped { Escaped(plan.prefix + path) }

  func failure(_ what: String, _ error: SystemError) -> GitFailure {
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
      .checkout, operation: "check out",
      "\"\(Escaped(path))\" in the workspace \(workspace) \(what): \(error).\(advice)",
      detail: "errno \(error.code)")
  }
}
