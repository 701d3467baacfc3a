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
  /// The newest commit of the ref that another run of the pipeline has begun to deploy; `nil`: there is none. A run of one
  /// of its ancestors is too late, unless the ref has gone back there, or the run may (`RunRequest.mayGoBack`).
  public var newest: DeployedCommit?
  /// What the last run of the pipeline and ref that succeeded has deployed: files that changed are those that changed since.
  /// `nil`: there is none.
  public var succeeded: DeployedCommit?
  /// What runs have begun to deploy since and not brought to their end, newest first: what they changed may be live, and is
  /// changed again by whatever takes it back. `nil`: nothing.
  public var unfinished: [DeployedCommit]?
  /// Bounds on talking to the remote; `nil`: the usual ones.
  public var fetchLimits: FetchLimits?
  /// The workspace is somebody's own working tree, in which nothing is fetched or checked out; `nil`: false.
  public var isLocal: Bool?
  /// Where caches of steps are kept; `nil`: nowhere.
  public var caches: CacheArea?
  /// Absolute paths of the agent's own files and folders, which steps in a sandbox do not see; `nil`: none are known.
  public var hidden: [String]?

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
    treeLimits: TreeLimits = TreeLimits(), url: String? = nil, eventFile: String? = nil,
    deployed: DeployedRef = DeployedRef(), fetchLimits: FetchLimits? = nil, caches: CacheArea? = nil,
    hidden: [String]? = nil
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
    newest = deployed.newest
    succeeded = deployed.succeeded
    unfinished = deployed.unfinished.isEmpty ? nil : deployed.unfinished
    self.fetchLimits = fetchLimits
    self.caches = caches
    self.hidden = hidden
  }
}

/// Where the caches of all repositories lie, and how large they may become together.
public struct CacheArea: Codable, Hashable, Sendable {
  /// Absolute.
  public var folder: String
  /// In bytes.
  public var size: Int

  public init(folder: String, size: Int) {
    self.folder = folder
    self.size = size
  }
}

/// A commit, and the run that deployed it or began to.
public struct DeployedCommit: Codable, Hashable, Sendable {
  public var commit: CommitID
  public var run: Int

  public init(commit: CommitID, run: Int) {
    self.commit = commit
    self.run = run
  }
}

/// What has become of one ref through one pipeline.
public struct DeployedRef: Hashable, Sendable {
  /// The newest commit that a run has begun to deploy, whatever came of it.
  public var newest: DeployedCommit?
  /// What the last run that succeeded has deployed.
  public var succeeded: DeployedCommit?
  /// Commits of later runs that did not succeed, newest first; no more than one above `mostUnfinished`.
  public var unfinished: [DeployedCommit]

  /// More than these are compared with by nobody.
  public static let mostUnfinished = 20

  public init(newest: DeployedCommit? = nil, succeeded: DeployedCommit? = nil, unfinished: [DeployedCommit] = []) {
    self.newest = newest
    self.succeeded = succeeded
    self.unfinished = unfinished
  }
}

/// How long a remote may keep a fetch waiting, how often it is asked again, and how much it may send.
public struct FetchLimits: Codable, Hashable, Sendable {
  /// Until the connection stands, names looked up and keys exchanged.
  public var connect: Seconds
  /// From a question to the first byte of its answer.
  public var firstByte: Seconds
  /// Between two bytes.
  public var stall: Seconds
  /// Attempts altogether, where the failure is one that may pass.
  public var attempts: Int
  /// Bytes received in one attempt.
  public var bytes: Int
  /// Bytes of memory for the process that fetches and checks out.
  public var memory: Int

  public init(
    connect: Seconds = 30, firstByte: Seconds = 60, stall: Seconds = 60, attempts: Int = 4, bytes: Int = 10 << 30,
    memory: Int = 2 << 30
  ) {
    self.connect = connect
    self.firstByte = firstByte
    self.stall = stall
    self.attempts = attempts
    self.bytes = bytes
    self.memory = memory
  }
}
