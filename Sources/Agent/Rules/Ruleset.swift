public import Door
public import Model
public import Webhooks

/// Everything that the configuration and the pipeline files say, as one value.
///
/// A delivery, and the start of a run, see one ruleset from beginning to end; a reload puts another one in
/// its place.
public struct Ruleset: Sendable {
  /// By name: the last part of `/webhook/<name>`.
  public var sources: [String: Source]
  /// Where deliveries are fetched, besides those that are posted.
  public var subscriptions: Set<Subscription>
  /// Who may post to them, and how often.
  public var door: DoorRules
  public var pipelines: [Pipeline]
  /// How often the tips of repositories are compared for pipelines that do not poll; `nil`: never.
  public var compareTips: Seconds?
  /// The webhooks whose failed deliveries are asked for again, by the source's name.
  public var redeliveries: [String: Redelivery]
  public var credentials: [RepositoryCredential]
  /// The pipelines' secrets by name.
  public var secrets: [String: Secret]
  public var allowedSchemes: [RepositoryURL.Scheme]
  /// Address of this agent for people, without a trailing slash.
  public var publicURL: String?
  /// The most runs at a time, over all pipelines.
  public var parallelRuns: Int
  /// For fetch and checkout of one run together.
  public var fetchTimeout: Seconds
  /// On the remote, within that time.
  public var fetchLimits: FetchLimits
  public var treeLimits: RunSpec.TreeLimits
  /// Absolute paths of the agent's own files and folders, which steps in a sandbox do not see.
  public var ownPaths: [String]
  /// How long deliveries are kept.
  public var inbox: InboxRetention
  /// When mirrors are repacked.
  public var mirrors: MirrorCare
  /// How long runs are kept, where their pipeline says nothing else; `size` is for all pipelines together.
  public var runs: RunRetention
  /// When a disk has too little room.
  public var disk: DiskMarks
  /// Bytes of all caches of steps together.
  public var cacheSize: Int

  public init(
    sources: [String: Source], subscriptions: Set<Subscription> = [], door: DoorRules = DoorRules(),
    pipelines: [Pipeline], compareTips: Seconds? = nil, redeliveries: [String: Redelivery] = [:],
    credentials: [RepositoryCredential] = [], secrets: [String: Secret] = [:],
    allowedSchemes: [RepositoryURL.Scheme] = [.https, .ssh],
    publicURL: String? = nil, parallelRuns: Int = 2, fetchTimeout: Seconds = 600,
    fetchLimits: FetchLimits = FetchLimits(),
    treeLimits: RunSpec.TreeLimits = RunSpec.TreeLimits(), ownPaths: [String] = [],
    inbox: InboxRetention = InboxRetention(),
    mirrors: MirrorCare = MirrorCare(), runs: RunRetention = RunRetention(), disk: DiskMarks = DiskMarks(),
    cacheSize: Int = 10 << 30
  ) {
    self.sources = sources
    self.subscriptions = subscriptions
    self.door = door
    self.pipelines = pipelines
    self.compareTips = compareTips
    self.redeliveries = redeliveries
    self.credentials = credentials
    self.secrets = secrets
    self.allowedSchemes = allowedSchemes
    self.publicURL = publicURL
    self.parallelRuns = parallelRuns
    self.fetchTimeout = fetchTimeout
    self.fetchLimits = fetchLimits
    self.treeLimits = treeLimits
    self.ownPaths = ownPaths
    self.inbox = inbox
    self.mirrors = mirrors
    self.runs = runs
    self.disk = disk
    self.cacheSize = cacheSize
  }

  /// How long the runs of a pipeline are kept. What the configuration says of the size is for all of them together, and
  /// so no bound for one.
  func runRetention(of pipeline: String) -> RunRetention {
    var usual = runs
    usual.size = .max
    return usual.with(self.pipeline(named: pipeline)?.keep)
  }

  public func pipeline(named name: String) -> Pipeline? { pipelines.first { $0.name == name } }
}
