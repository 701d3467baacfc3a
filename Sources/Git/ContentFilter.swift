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

  /// Calls `body` with the bytes as they belong on disk.
  func apply<Result>(
    to content: UnsafeRawBufferPointer, path: ArraySlice<UInt8>,
    _ body: (UnsafeRawBufferPointer) throws(GitFailure) -> Result
  ) throws(GitFailure) -> Result {
    var list: OpaquePointer?
    var options = git_filter_options()
    options.version = UInt32(GIT_FILTER_OPTIONS_VERSION)
    options.flags = GIT_FILTER_NO_SYSTEM_ATTRIBUTES.rawValue | GIT_FILTER_ALLOW_UNSAFE.rawValue
    let code = (Array(path) + [0]).withUnsafeBufferPointer { path in
      path.withMemoryRebound(to: CChar.self) {
        git_filter_list_load_ext(&list, repository.pointer, nil, $0.baseAddress, GIT_FILTER_TO_WORKTREE, &options)
      }
    }
    guard code == 0 else { throw failure(code, path) }
    guard let list else { return try body(content) }
    defer { git_filter_list_free(list) }
    var out = git_buf()
    defer { git_buf_dispose(&out) }
    let applied = git_filter_list_apply_to_buffer(
      &out, list, content.baseAddress?.assumingMemoryBound(to: CChar.self), content.count)
    guard applied == 0 else { throw failure(applied, path) }
    return try body(UnsafeRawBufferPointer(start: out.ptr, count: out.size))
  }

  private func failure(_ code: Int32, _ path: ArraySlice<UInt8>) -> GitFailure {
    LibraryError(code: code).failure(
      .checkout, operation: "check out", "The attributes of \"\(Escaped(path))\" cannot be applied")
  }
}
