public import Model

/// What the outside (the web endpoint, the API, the command line through it) may ask of the agent.
///
/// `Web` knows this protocol and nothing else of the agent, so its tests run against a fake.
public protocol AgentControl: Sendable {
  /// Whether a delivery may come in, asked when its head has been read and before any of its body is. Does not wait.
  /// - Returns: `nil` where it may; else the answer, and nothing else is to be done with it.
  func admit(_ knock: HookKnock) -> HookAnswer?

  /// A request to a source, whose head may have come in, was refused by the listener itself: its verdict is kept as those of
  /// `admit` are. Does not wait.
  /// - Parameter reason: a sentence for people.
  func refused(_ knock: HookKnock, status: Int, reason: String)

  /// The whole way of one delivery: verify, record, match, enqueue, answer. Never throws: what goes wrong
  /// is an answer too.
  func receive(_ request: HookRequest) async -> HookAnswer

  func status() async -> AgentStatus

  /// Whether deliveries can be taken now. Does not wait.
  var readiness: AgentReadiness { get }

  func runs(_ filter: RunFilter) async throws -> [Run]
  func run(number: Int) async throws -> Run
  /// Absolute path of the run's directory; it need not exist (a run that never started).
  func directory(ofRun number: Int) -> String
  /// Keeps the run, where there is one, from being removed for as long as the value lives. Asked for before the run is.
  /// - Throws: `ControlError.notFound` where it is being removed just now.
  func hold(run number: Int) throws -> RunHold

  /// Queues a run of the tip of `ref` (the pipeline's `usualRef` where `nil`).
  /// - Parameter inputs: values for the pipeline's inputs, by name.
  func start(pipeline: String, ref: String?, inputs: [String: String], by person: Person) async throws -> Run
  /// The schedules that are in force, by pipeline.
  func schedules() async -> [ScheduleReport]

  func cancel(run number: Int, by person: Person) async throws -> Run
  func rerun(run number: Int, by person: Person) async throws -> Run
  /// Says yes or no to a step that asks.
  /// - Returns: the run as it was then.
  func answer(run number: Int, _ answer: ApprovalAnswer, by person: Person) async throws -> Run

  func deliveries(_ filter: DeliveryFilter) async throws -> [Delivery]
  func delivery(number: Int) async throws -> Delivery
  /// Has a recorded delivery go through matching again, by the rules that are in force now.
  ///
  /// - Returns: the new delivery.
  func replay(delivery number: Int, by person: Person) async throws -> Delivery

  /// Takes new configuration and pipelines; where they are broken the old ones stay in force.
  func reload(by person: Person) async throws -> ReloadReport

  /// Starts no run any more, or starts them again; what is under way goes on, and deliveries are taken.
  func drain(_ isOn: Bool, by person: Person) async throws -> AgentStatus

  /// A copy of the store, whole as of one moment, while the agent goes on with its work.
  func backup(by person: Person) async throws -> any StoreCopy
}

extension AgentControl {
  /// The same for a pipeline that needs no inputs.
  public func start(pipeline: String, ref: String?, by person: Person) async throws -> Run {
    try await start(pipeline: pipeline, ref: ref, inputs: [:], by: person)
  }
}

/// One request to `/webhook/<source>`, as received, whichever way it came.
public struct HookRequest: Sendable {
  public var source: String
  public var way: Way
  /// What the address had after the source's name, as sent: the token of a sender that signs nothing. A secret.
  public var token: String?
  /// What the address had after its `?`, as sent.
  public var query: String?
  public var headers: Headers
  public var body: [UInt8]
  /// The sender's address, for the inbox.
  public var address: String?
  /// The relay wrote the body anew, so that a signature over the sender's own bytes may not hold any more.
  public var isRewritten: Bool

  public init(
    source: String, way: Way = .webhook, token: String? = nil, query: String? = nil, headers: Headers, body: [UInt8],
    address: String?, isRewritten: Bool = false
  ) {
    self.source = source
    self.way = way
    self.token = token
    self.query = query
    self.headers = headers
    self.body = body
    self.address = address
    self.isRewritten = isRewritten
  }
}

/// Why a request of a person or program was not carried out; the text is for them.
public enum ControlError: Error, Sendable, Hashable, CustomStringConvertible {
  case notFound(String)
  /// The thing is not in a state for this.
  case conflict(String)
  case invalid(String)
  case unavailable(String)

  public var description: String {
    switch self {
    case .notFound(let text), .conflict(let text), .invalid(let text), .unavailable(let text): text
    }
  }
}

/// A short picture of the agent for `doctor` and `status`.
public struct AgentStatus: Codable, Sendable, Hashable {
  public var version: String
  public var pid: Int
  /// On the monotonic clock.
  public var uptime: Seconds
  public var pipelines: [String]
  public var sources: [String]
  public var runningRuns: Int
  public var queuedRuns: Int
  /// The sentence of the last failed reload; `nil` when what is on disk is in force.
  public var reloadError: String?
  /// The repositories whose tips the agent compares by itself.
  public var polls: [PollReport]?
  /// The ways in that the agent opens itself, by source.
  public var subscriptions: [SubscriptionStatus]?
  /// Where set, no run is started.
  public var draining: Drain?
  /// Why nothing can be recorded at this moment; `nil` while all is well.
  public var storeTrouble: StoreTrouble?
  /// The webhooks whose failed deliveries the agent asks for again, by source.
  public var redeliveries: [RedeliveryStatus]?
  /// The disks that the agent writes to.
  public var disks: [DiskRoom]?

  public init(
    version: String, pid: Int, uptime: Seconds, pipelines: [String], sources: [String], runningRuns: Int,
    queuedRuns: Int, reloadError: String?, polls: [PollReport]? = nil, subscriptions: [SubscriptionStatus]? = nil,
    storeTrouble: StoreTrouble? = nil, redeliveries: [RedeliveryStatus]? = nil, draining: Drain? = nil,
    disks: [DiskRoom]? = nil
  ) {
    self.version = version
    self.pid = pid
    self.uptime = uptime
    self.pipelines = pipelines
    self.sources = sources
    self.runningRuns = runningRuns
    self.queuedRuns = queuedRuns
    self.reloadError = reloadError
    self.polls = polls
    self.subscriptions = subscriptions
    self.storeTrouble = storeTrouble
    self.redeliveries = redeliveries
    self.draining = draining
    self.disks = disks
  }
}

/// What a reload found.
public struct ReloadReport: Codable, Sendable, Hashable {
  public var pipelines: [String]
  public var sources: [String]
  /// Settings that only a restart can change, and that differ on disk.
  public var needsRestart: [String]

  public init(pipelines: [String], sources: [String], needsRestart: [String]) {
    self.pipelines = pipelines
    self.sources = sources
    self.needsRestart = needsRestart
  }
}
