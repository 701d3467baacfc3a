import CGit2

/// What libgit2 said about a call that failed: read at once, on the same thread, because the text is
/// thread-local and the next call may replace it.
struct LibraryError: Error {
  let code: Int32
  /// `git_error_t`, or 0 where libgit2 left no text.
  let category: Int32
  let message: String

  init(code: Int32) {
    self.code = code
    if let error = git_error_last(), let text = error.pointee.message {
      category = error.pointee.klass
      message = String(cString: text)
    } else {
      category = 0
      message = "libgit2 gave no reason (code \(code))"
    }
    git_error_clear()
  }

  /// Throws what libgit2 said where `code` is negative.
  @discardableResult
  static func check(_ code: Int32) throws(LibraryError) -> Int32 {
    guard code < 0 else { return code }
    throw LibraryError(code: code)
  }

  /// Runs `body` and says `what` of its failure.
  static func explained<Result: ~Copyable>(
    _ what: String, operation: String, _ body: () throws(LibraryError) -> Result
  ) throws(GitFailure) -> Result {
    do {
      return try body()
    } catch {
      throw error.failure(operation: operation, what)
    }
  }

  /// What was to be a commit is a tree or a file.
  var isNotACommit: Bool { code == GIT_EPEEL.rawValue || code == GIT_EINVALIDSPEC.rawValue }

  /// A failure nobody expected at this place.
  func failure(_ kind: GitFailure.Kind = .internal, operation: String, _ what: String) -> GitFailure {
    GitFailure(kind, operation: operation, "\(what): \(message).", detail: "libgit2 \(code)/\(category): \(message)")
  }
}
