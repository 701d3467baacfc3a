import CGit2

/// The objects of a repository, without anything that libgit2 lays over them.
struct ObjectDatabase: ~Copyable {
  private let pointer: OpaquePointer

  init(of repository: borrowing Repository) throws(LibraryError) {
    var pointer: OpaquePointer?
    try LibraryError.check(git_repository_odb(&pointer, repository.pointer))
    guard let pointer else { throw LibraryError(code: -1) }
    self.pointer = pointer
  }

  deinit { git_odb_free(pointer) }

  /// The bytes of an object, its hash checked by libgit2; they are valid during `body` only.
  func read<Result>(
    _ id: ObjectID, as type: git_object_t, _ body: (UnsafeRawBufferPointer) throws(GitFailure) -> Result
  ) throws(GitFailure) -> Result {
    var raw = id.raw
    var object: OpaquePointer?
    let code = git_odb_read(&object, pointer, &raw)
    guard code == 0, let object else {
      throw LibraryError(code: code).failure(operation: "check out", "Object \(id.hex) cannot be read from the mirror")
    }
    defer { git_odb_object_free(object) }
    guard git_odb_object_type(object) == type else {
      throw GitFailure(.hostileTree, operation: "check out", "Object \(id.hex) is not of the type that the tree says.")
    }
    return try body(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
  }

  /// The size of an object in bytes, without unpacking it.
  func size(of id: ObjectID) throws(GitFailure) -> Int {
    var raw = id.raw
    var (size, type) = (0, GIT_OBJECT_ANY)
    let code = git_odb_read_header(&size, &type, pointer, &raw)
    guard code == 0 else {
      throw LibraryError(code: code).failure(operation: "check out", "Object \(id.hex) is missing in the mirror")
    }
    guard type == GIT_OBJECT_BLOB else {
      throw GitFailure(.hostileTree, operation: "check out", "Object \(id.hex) is not a file, as the tree says.")
    }
    return size
  }

  func contains(_ id: ObjectID) -> Bool {
    var raw = id.raw
    return git_odb_exists(pointer, &raw) == 1
  }
}
