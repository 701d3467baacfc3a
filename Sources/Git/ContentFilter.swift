import CGit2
import Glibc

/// What `.gitattributes` says about the bytes of a file on disk: line ends (`eol=crlf`) and `$Id$`.
///
/// No program is ever run for it: libgit2 knows `filter=…` drivers only where they were registered in the
/// process, and none are.
final class ContentFilter {
  private let repository: Repository

  /// - Parameter repository: the workspace's own. Its `.gitattributes` files must be right in a folder and above
  ///   it before a file of that folder is asked for.
  init(_ repository: consuming Repository) { self.repository = repository }

  /// Calls `body` with the bytes of the blob `id` as they belong on disk.
  func apply<Result>(
    to content: UnsafeRawBufferPointer, id: ObjectID, path: ArraySlice<UInt8>,
    _ body: (UnsafeRawBufferPointer) throws(GitFailure) -> Result
  ) throws(GitFailure) -> Result {
    // Most files have no filter: only for those that have one is the blob, which `$Id$` needs, looked up.
    guard try load(path, nil) != nil else { return try body(content) }
    var raw = id.raw
    var blob: OpaquePointer?
    let code = git_blob_lookup(&blob, repository.pointer, &raw)
    guard code == 0 else { throw failure(code, path) }
    defer { git_blob_free(blob) }
    guard let filters = try load(path, blob) else { return try body(content) }
    var out = git_buf()
    defer { git_buf_dispose(&out) }
    let applied = git_filter_list_apply_to_blob(&out, filters.pointer, blob)
    guard applied == 0 else { throw failure(applied, path) }
    return try body(UnsafeRawBufferPointer(start: out.ptr, count: out.size))
  }

  private struct List: ~Copyable {
    let pointer: OpaquePointer
    deinit { git_filter_list_free(pointer) }
  }

  private func load(_ path: ArraySlice<UInt8>, _ blob: OpaquePointer?) throws(GitFailure) -> List? {
    var list: OpaquePointer?
    var options = git_filter_options()
    options.version = UInt32(GIT_FILTER_OPTIONS_VERSION)
    options.flags = GIT_FILTER_NO_SYSTEM_ATTRIBUTES.rawValue | GIT_FILTER_ALLOW_UNSAFE.rawValue
    let code = (Array(path) + [0]).withUnsafeBufferPointer { path in
      path.withMemoryRebound(to: CChar.self) {
        git_filter_list_load_ext(&list, repository.pointer, blob, $0.baseAddress, GIT_FILTER_TO_WORKTREE, &options)
      }
    }
    guard code == 0 else { throw failure(code, path) }
    return list.map { List(pointer: $0) }
  }

  private func failure(_ code: Int32, _ path: ArraySlice<UInt8>) -> GitFailure {
    LibraryError(code: code).failure(
      .checkout, operation: "check out", "The attributes of \"\(Escaped(path))\" cannot be applied")
  }
}
