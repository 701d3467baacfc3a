import CGit2

extension Mirror {
  /// What there is at a path of a commit.
  public enum File: Equatable, Sendable {
    case bytes([UInt8])
    case missing
    /// A folder, a symbolic link, a submodule.
    case notRegular
    /// Larger than was asked for.
    case tooLarge(bytes: Int)
  }

  /// Reads one file of a commit as Git keeps it, without a workspace and following no link.
  public func file(_ path: String, of commit: String, atMost limit: Int) throws(GitFailure) -> File {
    guard let commit = ObjectID(hex: commit), !path.utf8.contains(0) else { return .missing }
    return try LibraryError.explained("The mirror \(self.path) cannot be read", operation: "read") {
      () throws(LibraryError) in
      let repository = try Repository(openBare: self.path)
      var tree = try repository.tree(ofCommit: commit).raw
      var root: OpaquePointer?
      try LibraryError.check(git_tree_lookup(&root, repository.pointer, &tree))
      defer { git_tree_free(root) }
      var entry: OpaquePointer?
      let code = git_tree_entry_bypath(&entry, root, path)
      // Also where a file, a link or a submodule stands on the way.
      if code == GIT_ENOTFOUND.rawValue { return .missing }
      try LibraryError.check(code)
      defer { git_tree_entry_free(entry) }
      let mode = git_tree_entry_filemode(entry)
      guard mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE, let id = git_tree_entry_id(entry) else {
        return .notRegular
      }
      var blob: OpaquePointer?
      try LibraryError.check(git_blob_lookup(&blob, repository.pointer, id))
      defer { git_blob_free(blob) }
      let size = Int(git_blob_rawsize(blob))
      guard size <= limit else { return .tooLarge(bytes: size) }
      guard size > 0, let content = git_blob_rawcontent(blob) else { return .bytes([]) }
      return .bytes(Array(UnsafeRawBufferPointer(start: content, count: size)))
    }
  }
}
