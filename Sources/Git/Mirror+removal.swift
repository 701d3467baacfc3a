import Glibc

extension Mirror {
  /// Removes a mirror that nobody needs: of which no workspace has anything checked out, and which was not used since
  /// `oldest`.
  /// - Returns: false where it is needed or in use.
  public func removeUnused(in folder: String, workspaces: [String], oldest: Int) throws(GitFailure) -> Bool {
    GitLibrary.initialize()
    guard lastUse < oldest, let lock = MirrorLock.tryHold(mirror: path) else { return false }
    defer { lock.release() }
    guard let use = MirrorUse.alone(in: folder, for: .seconds(2)) else { return false }
    defer { use.release() }
    guard !isNeeded(by: workspaces) else { return false }
    // Out of the way first: half a mirror must never be found in its place.
    let old = "\(path).old-\(getpid())"
    guard rename(path, old) == 0 else {
      throw GitFailure(.internal, operation: "remove", "\(path) cannot be removed: \(SystemError.current).")
    }
    try Mirror(path: old).removeFiles()
    return true
  }

  /// Removes what is there; no link is followed.
  public func removeFiles() throws(GitFailure) {
    do {
      try Directories.remove(path)
    } catch {
      throw GitFailure(.internal, operation: "remove", "\(path) cannot be removed: \(error).")
    }
  }

  private func isNeeded(by workspaces: [String]) -> Bool {
    guard let repository = try? Repository(openBare: path) else { return false }
    return workspaces.contains { workspace in
      WorkspaceHeads.read(beside: workspace).contains { id in
        (try? repository.commit(behind: id)) ?? nil != nil
      }
    }
  }
}
