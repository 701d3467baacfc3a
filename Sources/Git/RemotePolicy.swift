/// How remotes may be reached: everything that happens on a network under one policy shares its deadline.
public struct RemotePolicy: Sendable {
  /// Of `https`, `ssh`, `git`, `file` and `http`. An address with another scheme is refused.
  public var allowedSchemes: Set<String>
  /// Asked with the address of each remote, the main repository's and the submodules'.
  public var credential: @Sendable (_ url: String) -> RemoteCredential?
  /// Checked in every callback and on every socket.
  public var deadline: ContinuousClock.Instant
  /// Of each conversation.
  public var limits: NetworkLimits
  /// Conversations altogether, where one fails in a way that may pass; one at least.
  public var attempts: Int
  /// Before the second attempt, more or less; doubled before each further one.
  public var pause: Duration

  public init(
    allowedSchemes: Set<String> = ["https", "ssh"],
    credential: @escaping @Sendable (_ url: String) -> RemoteCredential? = { _ in nil },
    deadline: ContinuousClock.Instant, limits: NetworkLimits = NetworkLimits(), attempts: Int = 1,
    pause: Duration = .seconds(1)
  ) {
    self.allowedSchemes = allowedSchemes
    self.credential = credential
    self.deadline = deadline
    self.limits = limits
    self.attempts = attempts
    self.pause = pause
  }

  /// - Throws: `.deadline` once the time is over.
  func checkDeadline(_ operation: String, _ what: @autoclosure () -> String) throws(GitFailure) {
    guard ContinuousClock.now >= deadline else { return }
    throw GitFailure(
      .deadline, operation: operation,
      """
      The time for \(what()) is over (`limits.fetch.total`). Look at why it takes so long, or raise the limit.
      """)
  }
}
