import Glibc

/// `<workspace>.heads`: the commits that are checked out in a workspace, its own and those of its submodules, one a line.
/// Mirrors keep them although no ref names them any more, so that `git` goes on working in the workspace.
enum WorkspaceHeads {
  static func path(beside workspace: String) -> String { workspace + ".heads" }

  /// Before anything of the plan is written.
  static func write(_ plan: CheckoutPlan, beside workspace: String) throws(GitFailure) {
    let text = commits(of: plan).map { $0.hex + "\n" }.joined()
    let (path, new) = (path(beside: workspace), path(beside: workspace) + ".new")
    do {
      _ = workspace.lastIndex(of: "/").map { Directories.make(String(workspace[..<$0])) }
      unlink(new)
      try Descriptors.write(Array(text.utf8), to: new, in: AT_FDCWD)
      guard rename(new, path) == 0 else { throw SystemError.current }
    } catch {
      throw GitFailure(.checkout, operation: "check out", "\(path) cannot be written: \(error).")
    }
  }

  private static func commits(of plan: CheckoutPlan) -> [ObjectID] {
    [plan.commit] + plan.submodules.values.flatMap { commits(of: $0) }
  }

  /// None where there is no such file. Steps could have written anything into it.
  static func read(beside workspace: String) -> [ObjectID] {
    lines(of: path(beside: workspace), limit: 1 << 20) ?? lines(of: workspace + "/.git/HEAD", limit: 64) ?? []
  }

  private static func lines(of path: String, limit: off_t) -> [ObjectID]? {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit,
      let bytes = Descriptors.read(file, count: Int(status.st_size))
    else { return nil }
    return bytes.split(separator: UInt8(ascii: "\n")).compactMap { ObjectID(hex: String(decoding: $0, as: UTF8.self)) }
  }
}
