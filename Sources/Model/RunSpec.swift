/// `spec.json`: everything that a runner needs to carry out one run, except secrets.
public struct RunSpec: Codable, Hashable, Sendable {
  /// The version of this contract. A runner refuses one it does not know.
  public static let currentVersion = 1

  public var version: Int
  public var number: Int
  public var request: RunRequest
  /// Absolute path of the repository's bare mirror; shared by runs of the repository.
  public var mirror: String
  /// Absolute path of the pipeline's workspace; warm, used by one run at a time.
  public var workspace: String
  /// Schemes that remotes and submodules may use.
  public var allowedSchemes: [RepositoryURL.Scheme]
  /// For fetch and checkout together.
  public var fetchTimeout: Seconds
  /// Bounds on a commit's tree, against hostile repositories.
  public var treeLimits: TreeLimits
  /// Address of the run for people (`PUSHROD_URL`), where the agent has a public one.
  public var url: String?
  /// Absolute path of the raw payload (`PUSHROD_EVENT_FILE`), where a delivery started the run.
  public var eventFile: String?

  public struct TreeLimits: Codable, Hashable, Sendable {
    public var entries: Int
    public var bytes: Int

    public init(entries: Int = 500_000, bytes: Int = 20 << 30) {
      self.entries = entries
      self.bytes = bytes
    }
  }

  public init(
    number: Int, request: RunRequest, mirror: String, workspace: String,
    allowedSchemes: [RepositoryURL.Scheme], fetchTimeout: Seconds = 600,
    treeLimits: TreeLimits = TreeLimits(), url: String? = nil, eventFile: String? = nil
  ) {
    version = RunSpec.currentVersion
    self.number = number
    self.request = request
    self.mirror = mirror
    self.workspace = workspace
    self.allowedSchemes = allowedSchemes
    self.fetchTimeout = fetchTimeout
    self.treeLimits = treeLimits
    self.url = url
    self.eventFile = eventFile
  }
}
