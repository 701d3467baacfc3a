import CGit2
import Glibc

/// The directory of a pipeline that holds one commit's files while a run lasts, and keeps them for the next.
///
/// It has its own `.git` with the mirror as alternate, so steps may use `git`.
public struct Workspace: Sendable {
  /// Absolute.
  public let path: String
  public let mirror: Mirror

  public init(path: String, mirror: Mirror) {
    self.path = path
    self.mirror = mirror
  }

  /// Makes the workspace exactly the commit, whatever earlier steps or a broken checkout left in it, or what `rule` says.
  ///
  /// Files, links, modes and line ends are as `git checkout` and `git submodule update --init --recursive` make
  /// them; everything else is removed, ignored files as well. No link is followed. Files that are already right
  /// are left alone with their times, so builds that go by times stay incremental.
  ///
  /// Everything is read and inspected, and missing submodules are fetched, before a file is touched.
  /// - Parameters:
  ///   - commit: as `Mirror.prove` returned it.
  ///   - mirrors: gives the mirror for a submodule's address.
  ///   - sourceURL: the address of the repository, to which submodules' addresses may be relative.
  ///   - message: gets lines for the run's log.
  ///   - willWrite: called when everything is read and inspected, before the workspace is changed.
  /// - Throws: `.hostileTree` before anything is written; `.checkout` where the workspace may be half changed:
  ///   run nothing in it then. The next call repairs it.
  public func checkOut(
    commit: String, limits: TreeLimits, policy: RemotePolicy, rule: CheckoutRule = CheckoutRule(),
    mirrors: (String) -> Mirror, sourceURL: String,
    progress: (CheckoutProgress) -> Void, message: (String) -> Void,
    willWrite: () throws(GitFailure) -> Void = {}
  ) throws(GitFailure) -> CheckoutReport {
    GitLibrary.initialize()
    guard let id = ObjectID(hex: commit) else {
      throw GitFailure(.internal, operation: "check out", "\"\(Escaped(commit))\" is not a commit id.")
    }
    let done = withoutActuallyEscaping(mirrors) { mirrors in
      withoutActuallyEscaping(progress) { progress in
        withoutActuallyEscaping(message) { message in
          Result { () throws(GitFailure) in
            var planner = CheckoutPlanner(
              workspace: path, limits: limits, policy: policy, rule: rule, mirrors: mirrors, message: message)
            let plan = try planner.plan(id, in: mirror, url: sourceURL)
            try WorkspaceHeads.write(plan, beside: path)
            try willWrite()
            let working = WorkingTree(totalFiles: planner.inspection.files, policy: policy, progress: progress)
            try write(plan, working)
            return CheckoutReport(
              files: working.files, submodules: plan.allSubmodules, written: working.written,
              removed: working.removed, usesLargeFiles: planner.usesLargeFiles, leftOut: working.leftOut)
          }
        }
      }
    }
    return try done.get()
  }

  /// Removes the workspace with all that is in it and beside it; no link is followed. The caller has locked it.
  public func remove() throws(GitFailure) {
    do {
      for path in [path, WorkspaceHeads.path(beside: path)] { try Directories.remove(path) }
    } catch {
      throw GitFailure(
        .checkout, operation: "remove", "The workspace \(path) cannot be removed: \(error).",
        detail: "errno \(error.code)")
    }
  }

  private func write(_ plan: CheckoutPlan, _ working: WorkingTree) throws(GitFailure) {
    let top = try open()
    defer { close(top) }
    try TreeWriter.write(plan, to: top, workspace: path, working)
    working.report()
  }

  /// Opens the workspace's folder; makes it where it is missing or something else is in its place.
  private func open() throws(GitFailure) -> Int32 {
    func failure(_ error: SystemError) -> GitFailure {
      GitFailure(
        .checkout, operation: "check out", "The workspace \(path) cannot be opened: \(error). Check who owns it.",
        detail: "errno \(error.code)")
    }
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    var folder = Glibc.open(path, flags)
    if folder < 0, errno == ENOTDIR || errno == ELOOP {
      do { try Directories.remove(path) } catch { throw failure(error) }
    }
    if folder < 0 {
      guard Directories.make(path) else { throw failure(.current) }
      folder = Glibc.open(path, flags)
    }
    guard folder >= 0 else { throw failure(.current) }
    return folder
  }
}
