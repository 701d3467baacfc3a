extension Mirror {
  /// Proves that `commit` is the tip of `ref`, as fetched last, or an ancestor of it.
  ///
  /// - Parameter commit: the id of a commit, or of a tag object, whose commit is meant then.
  /// - Returns: the id of the commit.
  /// - Throws: `.unreachable` where it is not: another commit is never taken in its place.
  public func prove(commit: String, reachableFrom ref: String) throws(GitFailure) -> String {
    let operation = "prove"
    let shown = Escaped(commit, limit: 64)
    guard let id = ObjectID(hex: commit) else {
      throw GitFailure(.unreachable, operation: operation, "\"\(shown)\" is not a commit id of 40 hexadecimal digits.")
    }
    do throws(LibraryError) {
      let repository = try Repository(openBare: path)
      if let target = try repository.target(ofReference: ref), let tip = try repository.commit(behind: target),
        let commit = try repository.commit(behind: id)
      {
        if commit == tip { return commit.hex }
        if try repository.isCommit(commit, ancestorOf: tip) { return commit.hex }
      }
    } catch {
      guard error.isNotACommit else { throw error.failure(operation: operation, "The mirror \(path) cannot be read") }
      throw GitFailure(.unreachable, operation: operation, "\(shown) is not a commit.", detail: error.message)
    }
    throw GitFailure(
      .unreachable, operation: operation,
      """
      Commit \(shown) is not reachable from \(Escaped(ref)) any more: it was removed by a force-push, or was never \
      pushed to that ref. Nothing else is run in its place; push again, or run the pipeline by hand for the ref's \
      present tip.
      """
    )
  }
}
