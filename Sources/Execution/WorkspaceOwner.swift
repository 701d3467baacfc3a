import Glibc
import Model

/// Whose the workspace is while steps of different users work in it.
struct WorkspaceOwner {
  let spec: RunSpec

  /// Before a step begins: it is that of the user whom the step runs as. `nil`: the runner's.
  func give(to user: SystemUser?) throws(RunnerFailure) {
    // A working tree of somebody's own stays theirs.
    guard spec.isLocal != true else { return }
    let users = try others()
    guard !users.isEmpty else { return }
    let from = Set(users.map(\.user) + [geteuid()])
    try Ownership(from: from, user: user?.user ?? geteuid(), group: user?.group ?? getegid()).hand(over: spec.workspace)
  }

  /// Before the checkout, which writes as the runner. A workspace that is not there is nobody's.
  func takeBack() throws(RunnerFailure) {
    guard access(spec.workspace, F_OK) == 0 else { return }
    try give(to: nil)
  }

  /// The users of the pipeline's steps but this process's own. One that is not there any more owns nothing that counts.
  private func others() throws(RunnerFailure) -> [SystemUser] {
    let pipeline = spec.request.pipeline
    let names = Set(([pipeline.user] + pipeline.everyStep.map(\.user)).compactMap { $0 })
    var users: [SystemUser] = []
    for name in names.sorted() {
      if let user = try? SystemUser(named: name), !user.isOwn { users.append(user) }
    }
    return users
  }
}
