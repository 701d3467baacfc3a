/// What the agent hands to a runner on its standard input: one JSON line, then end of file.
///
/// It is the only form in which secrets leave the agent. They are never in a file, an argument or an
/// environment of the runner itself.
public struct Handover: Codable, Sendable {
  /// Absolute path of the run directory.
  public var directory: String
  /// Values of the secrets that the pipeline names.
  public var secrets: [String: String]
  public var credentials: [RepositoryCredential]
  /// Instead of a run, which has no directory then: the answer comes back as one JSON line (`OrderAnswer`).
  public var question: OrderQuestion?
  /// Likewise; the answer is an `UpkeepAnswer`.
  public var upkeep: UpkeepRequest?
  /// Likewise; the answer is a `RunnerAbilities`.
  public var asksAbilities: Bool?

  public init(directory: String, secrets: [String: String], credentials: [RepositoryCredential]) {
    self.directory = directory
    self.secrets = secrets
    self.credentials = credentials
  }

  public init(question: OrderQuestion) {
    self.init(directory: "", secrets: [:], credentials: [])
    self.question = question
  }

  public init(upkeep: UpkeepRequest) {
    self.init(directory: "", secrets: [:], credentials: [])
    self.upkeep = upkeep
  }

  /// The question what runners can do.
  public static var abilities: Handover {
    var handover = Handover(directory: "", secrets: [:], credentials: [])
    handover.asksAbilities = true
    return handover
  }
}

/// How to reach the repositories whose address matches `pattern`.
public struct RepositoryCredential: Codable, Hashable, Sendable {
  /// `https://github.com/acme/*`, `git@github.com:acme/shop.git`, …: compared with a repository's identity,
  /// `*` stands for any run of characters.
  public var pattern: String
  public var access: Access

  public enum Access: Codable, Hashable, Sendable {
    /// Sent as the password of the user `x-access-token` (GitHub, Gitea, Forgejo) or `oauth2` (GitLab).
    case token(String)
    case password(user: String, password: String)
    /// An OpenSSH private key and the known_hosts lines it may meet, both as text.
    case key(user: String?, privateKey: String, knownHosts: String)
  }

  public init(pattern: String, access: Access) {
    self.pattern = pattern
    self.access = access
  }
}
