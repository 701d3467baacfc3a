public import TestSupport

/// A bare repository with a long chain of commits, made in one go; the file `number` in each says which it is.
public struct CommitChain {
  public let repository: GitRepository
  /// Oldest first.
  public let commits: [String]
  public var url: String { repository.url }

  public init(_ count: Int) throws {
    repository = try GitRepository(bare: true)
    var script = ""
    for number in 1...count {
      script += """
        commit refs/hidden/all
        committer Ada <ada@example.com> \(1_700_000_000 + number) +0000
        data <<END
        Change \(number)
        END
        M 644 inline number
        data <<END
        \(number)
        END


        """
    }
    try repository.git("fast-import", "--quiet", input: Array((script + "done\n").utf8))
    commits = try repository.git("rev-list", "--reverse", "refs/hidden/all").split(separator: "\n").map(String.init)
    try point("refs/heads/main", at: 0)
  }

  /// As by a push, forced or not.
  public func point(_ ref: String, at place: Int) throws {
    try repository.git("update-ref", ref, commits[place])
  }

  /// What a forge posts of a push that brought the branch from the commit before to this one.
  public func push(_ place: Int, ref: String = "refs/heads/main") -> GitHubPush {
    GitHubPush(
      cloneURL: url, ref: ref, before: place == 0 ? String(repeating: "0", count: 40) : commits[place - 1],
      after: commits[place], message: "Change \(place + 1)")
  }
}
