import CGit2

/// Makes one pack of the history behind some commits.
struct PackBuilder: ~Copyable {
  private let pointer: OpaquePointer
  private let walk: OpaquePointer
  private let repository: OpaquePointer

  /// The repository must outlive this.
  init(_ repository: borrowing Repository) throws(LibraryError) {
    var pointer: OpaquePointer?
    var walk: OpaquePointer?
    try LibraryError.check(git_packbuilder_new(&pointer, repository.pointer))
    guard let pointer else { throw LibraryError(code: -1) }
    let code = git_revwalk_new(&walk, repository.pointer)
    guard code == 0, let walk else {
      git_packbuilder_free(pointer)
      throw LibraryError(code: code)
    }
    self.pointer = pointer
    self.walk = walk
    self.repository = repository.pointer
    // In quiet time, beside others.
    git_packbuilder_set_threads(pointer, 1)
  }

  deinit {
    git_revwalk_free(walk)
    git_packbuilder_free(pointer)
  }

  /// Takes in commits and tags with everything that they need.
  /// - Returns: those that are in the repository at all.
  func insert(_ tips: [ObjectID]) throws(LibraryError) -> [ObjectID] {
    var kept: [ObjectID] = []
    for tip in Set(tips.map(\.hex)).compactMap({ ObjectID(hex: $0) }) {
      var raw = tip.raw
      var object: OpaquePointer?
      let code = git_object_lookup(&object, repository, &raw, GIT_OBJECT_ANY)
      if code == GIT_ENOTFOUND.rawValue { continue }
      try LibraryError.check(code)
      defer { git_object_free(object) }
      kept.append(tip)
      // The object itself, through tags to what they name. Of a commit, its own tree only: the rest comes by the walk.
      try LibraryError.check(git_packbuilder_insert_recur(pointer, &raw, nil))
      var commit: OpaquePointer?
      guard git_object_peel(&commit, object, GIT_OBJECT_COMMIT) == 0 else { continue }
      defer { git_object_free(commit) }
      try LibraryError.check(git_revwalk_push(walk, git_object_id(commit)))
    }
    try LibraryError.check(git_packbuilder_insert_walk(pointer, walk))
    return kept
  }

  /// Writes pack and index into a folder; the pack is read and hashed again for the index.
  func write(to folder: String) throws(LibraryError) {
    try LibraryError.check(git_packbuilder_write(pointer, folder, 0, nil, nil))
  }

  /// Makes sure that objects can be read from a folder of packs alone.
  /// - Parameter folder: with `pack` in it.
  static func check(_ ids: [ObjectID], in folder: String) throws(LibraryError) {
    var database: OpaquePointer?
    try LibraryError.check(git_odb_open(&database, folder))
    defer { git_odb_free(database) }
    for id in ids {
      var raw = id.raw
      var object: OpaquePointer?
      try LibraryError.check(git_odb_read(&object, database, &raw))
      git_odb_object_free(object)
    }
  }
}
