import CGit2

/// An open repository: opened and freed inside one synchronous function, on one thread.
struct Repository: ~Copyable {
  let pointer: OpaquePointer

  /// Opens the bare repository at `path` itself, not one above it.
  init(openBare path: String) throws(LibraryError) {
    GitLibrary.initialize()
    var pointer: OpaquePointer?
    try LibraryError.check(git_repository_open_bare(&pointer, path))
    guard let pointer else { throw LibraryError(code: -1) }
    self.pointer = pointer
  }

  /// Opens the workspace at `path` itself, with its files.
  init(openWorkspace path: String) throws(LibraryError) {
    GitLibrary.initialize()
    var pointer: OpaquePointer?
    try LibraryError.check(
      git_repository_open_ext(&pointer, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil))
    guard let pointer else { throw LibraryError(code: -1) }
    self.pointer = pointer
  }

  /// Makes an empty bare repository.
  init(createBareAt path: String) throws(LibraryError) {
    GitLibrary.initialize()
    var options = git_repository_init_options()
    try LibraryError.check(
      git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION)))
    options.flags =
      GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_MKDIR.rawValue
      | GIT_REPOSITORY_INIT_MKPATH.rawValue | GIT_REPOSITORY_INIT_NO_REINIT.rawValue
    var pointer: OpaquePointer?
    try LibraryError.check(git_repository_init_ext(&pointer, path, &options))
    guard let pointer else { throw LibraryError(code: -1) }
    self.pointer = pointer
  }

  deinit { git_repository_free(pointer) }

  /// The commit that `id` names, directly or through tag objects; `nil` where no such object is here.
  func commit(behind id: ObjectID) throws(LibraryError) -> ObjectID? {
    var raw = id.raw
    var object: OpaquePointer?
    let code = git_object_lookup(&object, pointer, &raw, GIT_OBJECT_ANY)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try LibraryError.check(code)
    defer { git_object_free(object) }
    var commit: OpaquePointer?
    try LibraryError.check(git_object_peel(&commit, object, GIT_OBJECT_COMMIT))
    defer { git_object_free(commit) }
    guard let found = git_object_id(commit) else { return nil }
    return ObjectID(found.pointee)
  }

  /// What the ref names; `nil` where there is no such ref.
  func target(ofReference name: String) throws(LibraryError) -> ObjectID? {
    var raw = git_oid()
    let code = git_reference_name_to_id(&raw, pointer, name)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try LibraryError.check(code)
    return ObjectID(raw)
  }

  /// Points the ref at `id`, whatever it named before.
  func setReference(_ name: String, to id: ObjectID) throws(LibraryError) {
    var raw = id.raw
    var reference: OpaquePointer?
    try LibraryError.check(git_reference_create(&reference, pointer, name, &raw, 1, nil))
    git_reference_free(reference)
  }

  /// The names of all refs.
  func references() throws(LibraryError) -> [String] {
    var array = git_strarray()
    try LibraryError.check(git_reference_list(&array, pointer))
    defer { git_strarray_dispose(&array) }
    return (0..<array.count).compactMap { array.strings[$0].map { String(cString: $0) } }
  }

  func removeReference(_ name: String) throws(LibraryError) {
    try LibraryError.check(git_reference_remove(pointer, name))
  }

  func isCommit(_ ancestor: ObjectID, ancestorOf descendant: ObjectID) throws(LibraryError) -> Bool {
    var (upper, lower) = (descendant.raw, ancestor.raw)
    return try LibraryError.check(git_graph_descendant_of(pointer, &upper, &lower)) == 1
  }

  /// The tree of a commit.
  func tree(ofCommit id: ObjectID) throws(LibraryError) -> ObjectID {
    var raw = id.raw
    var commit: OpaquePointer?
    try LibraryError.check(git_commit_lookup(&commit, pointer, &raw))
    defer { git_commit_free(commit) }
    guard let tree = git_commit_tree_id(commit) else { throw LibraryError(code: -1) }
    return ObjectID(tree.pointee)
  }
}
