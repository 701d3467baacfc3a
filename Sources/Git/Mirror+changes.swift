import CGit2

extension Mirror {
  /// How two commits of the mirror stand to each other.
  public enum Relation: Equatable, Sendable {
    /// They are one, or one is an ancestor of the other.
    case line
    /// Their histories part at this commit.
    case parted(at: String)
    /// They have no commit in common.
    case unrelated
  }

  /// The commit that an id names, also through a tag object; `nil` where it is not here.
  public func known(_ commit: String) throws(GitFailure) -> String? {
    try LibraryError.explained("The mirror \(path) cannot be read", operation: "compare") { () throws(LibraryError) in
      try Self.commit(commit, in: try Repository(openBare: path))?.hex
    }
  }

  /// - Throws: `GitFailure` also where one of them is not here.
  public func relation(of one: String, and other: String) throws(GitFailure) -> Relation {
    guard let one = ObjectID(hex: one), let other = ObjectID(hex: other) else { return .unrelated }
    return try LibraryError.explained("The mirror \(path) cannot be read", operation: "compare") {
      () throws(LibraryError) in
      let repository = try Repository(openBare: path)
      var (base, first, second) = (git_oid(), one.raw, other.raw)
      let code = git_merge_base(&base, repository.pointer, &first, &second)
      if code == GIT_ENOTFOUND.rawValue { return .unrelated }
      try LibraryError.check(code)
      let found = ObjectID(base)
      return found == one || found == other ? .line : .parted(at: found.hex)
    }
  }

  /// Goes through the paths in which the trees of two commits differ, in order, without keeping them.
  ///
  /// - Parameter visit: gets each path once, a submodule's like a file's; false ends it.
  public func changes(from old: String, to new: String, visit: (String) -> Bool) throws(GitFailure) {
    guard let old = ObjectID(hex: old), let new = ObjectID(hex: new) else { return }
    try LibraryError.explained("Two commits of the mirror \(path) cannot be compared", operation: "compare") {
      () throws(LibraryError) in
      let repository = try Repository(openBare: path)
      let from = try Tree(of: old, in: repository)
      let to = try Tree(of: new, in: repository)
      try withoutActuallyEscaping(visit) { visit throws(LibraryError) in
        let visitor = ChangeVisitor(visit)
        try visitor.visit(from, to, repository)
      }
    }
  }
}

/// A tree that is open.
private struct Tree: ~Copyable {
  let pointer: OpaquePointer

  init(of commit: ObjectID, in repository: borrowing Repository) throws(LibraryError) {
    var id = try repository.tree(ofCommit: commit).raw
    var tree: OpaquePointer?
    try LibraryError.check(git_tree_lookup(&tree, repository.pointer, &id))
    guard let tree else { throw LibraryError(code: -1) }
    pointer = tree
  }

  deinit { git_tree_free(pointer) }
}

/// What libgit2 calls for each difference; the list of all of them is never made.
private final class ChangeVisitor {
  private let visit: (String) -> Bool
  private var last: String?

  init(_ visit: @escaping (String) -> Bool) { self.visit = visit }

  func visit(
    _ old: borrowing Tree, _ new: borrowing Tree, _ repository: borrowing Repository
  ) throws(LibraryError) {
    var options = git_diff_options()
    try LibraryError.check(git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)))
    options.flags = GIT_DIFF_INCLUDE_TYPECHANGE.rawValue
    options.payload = Unmanaged.passUnretained(self).toOpaque()
    options.notify_cb = { _, delta, _, payload in
      guard let delta, let payload else { return GIT_EUSER.rawValue }
      let visitor = Unmanaged<ChangeVisitor>.fromOpaque(payload).takeUnretainedValue()
      // Above zero: seen, and not to be kept.
      return visitor.isWanted(delta.pointee) ? 1 : GIT_EUSER.rawValue
    }
    var diff: OpaquePointer?
    let code = withExtendedLifetime(self) {
      git_diff_tree_to_tree(&diff, repository.pointer, old.pointer, new.pointer, &options)
    }
    defer { git_diff_free(diff) }
    guard code != GIT_EUSER.rawValue else { return }
    try LibraryError.check(code)
  }

  private func isWanted(_ delta: git_diff_delta) -> Bool {
    guard let name = delta.new_file.path ?? delta.old_file.path else { return true }
    let path = String(cString: name)
    // A file that became a folder is told twice.
    guard path != last else { return true }
    last = path
    return visit(path)
  }
}
