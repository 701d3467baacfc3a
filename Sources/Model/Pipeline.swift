/// A validated pipeline: what one YAML file says.
public struct Pipeline: Codable, Hashable, Sendable {
  /// Letters, digits, `.`, `_` and `-`, at most 64, starting with a letter or digit: it names folders.
  public var name: String
  public var repository: RepositoryURL
  public var triggers: Triggers
  /// What runs that no push names a ref for are of: events, by hand; `nil`: see `usualRef`.
  public var ref: RefName?
  public var environment: [String: String]
  /// Names only; the values live outside the file.
  public var secrets: [String]
  /// For the whole run, `finally` not counted.
  public var timeout: Seconds
  /// The time a step's processes have between TERM and KILL.
  public var grace: Seconds
  public var concurrency: Concurrency
  /// What becomes of a run whose runner died; `nil`: `fail`.
  public var onInterrupt: InterruptPolicy?
  /// How long its runs are kept, where the file says it; the agent's configuration says the rest.
  public var keep: RunKeep?
  public var steps: [Step]
  public var finally: [Step]

  public init(
    name: String, repository: RepositoryURL, triggers: Triggers, ref: RefName? = nil,
    environment: [String: String] = [:],
    secrets: [String] = [], timeout: Seconds = 3600, grace: Seconds = 10,
    concurrency: Concurrency? = nil, onInterrupt: InterruptPolicy? = nil, keep: RunKeep? = nil, steps: [Step],
    finally: [Step] = []
  ) {
    self.name = name
    self.repository = repository
    self.triggers = triggers
    self.ref = ref
    self.environment = environment
    self.secrets = secrets
    self.timeout = timeout
    self.grace = grace
    self.concurrency = concurrency ?? Concurrency(group: name)
    self.onInterrupt = onInterrupt
    self.keep = keep
    self.steps = steps
    self.finally = finally
  }
}

/// What starts a pipeline.
public struct Triggers: Codable, Hashable, Sendable {
  public var push: PushTrigger?
  /// Events of other senders; any of them starts the pipeline. Never empty.
  public var webhooks: [WebhookTrigger]?
  /// How often the agent itself looks whether the refs of `push` have moved.
  public var poll: Seconds?
  /// May be started by hand.
  public var manual: Bool

  public init(
    push: PushTrigger? = nil, webhooks: [WebhookTrigger]? = nil, poll: Seconds? = nil, manual: Bool = false
  ) {
    self.push = push
    self.webhooks = webhooks
    self.poll = poll
    self.manual = manual
  }
}

/// Which pushes start a pipeline. The patterns are kept as written; `Pipelines` matches them.
public struct PushTrigger: Codable, Hashable, Sendable {
  /// `nil`: the file does not say. With neither branches nor tags said, every branch and no tag matches.
  public var branches: [String]?
  public var tags: [String]?
  /// A push whose head commit's message contains this text starts nothing.
  public var skip: String?

  public init(branches: [String]?, tags: [String]?, skip: String?) {
    self.branches = branches
    self.tags = tags
    self.skip = skip
  }
}

/// Runs of one group never overlap.
public struct Concurrency: Codable, Hashable, Sendable {
  /// What a new run means for the earlier ones of its group.
  public enum Mode: String, Codable, Sendable, CaseIterable {
    /// Each waits for its turn.
    case queue
    /// Those that wait are superseded.
    case latest
    /// Those that wait are superseded, and the running one is cancelled.
    case cancel
  }

  public var group: String
  /// `nil`: `queue`.
  public var mode: Mode?

  public init(group: String, mode: Mode? = nil) {
    self.group = group
    self.mode = mode
  }
}

/// What becomes of a run whose runner died (power loss, kill -9, out of memory).
public enum InterruptPolicy: String, Codable, Sendable, CaseIterable {
  /// It stays interrupted; a person decides.
  case fail
  /// It is queued again, for the same commit.
  case rerun
}

/// One element of a pipeline.
public struct Step: Codable, Hashable, Sendable {
  public var name: String
  public var run: String
  /// Relative to the workspace, never outside it.
  public var directory: String?
  public var environment: [String: String]
  /// Words of the command that gets the script after `-c`.
  public var shell: [String]
  public var timeout: Seconds?
  public var allowFailure: Bool

  public static let defaultShell = ["sh", "-eu"]

  public init(
    name: String, run: String, directory: String? = nil, environment: [String: String] = [:],
    shell: [String] = Step.defaultShell, timeout: Seconds? = nil, allowFailure: Bool = false
  ) {
    self.name = name
    self.run = run
    self.directory = directory
    self.environment = environment
    self.shell = shell
    self.timeout = timeout
    self.allowFailure = allowFailure
  }
}

extension Pipeline {
  /// The ref of a run that nobody named one for: `ref`, else the first branch of `on.push` that is named plainly,
  /// without a pattern, else `main`.
  public var usualRef: RefName {
    if let ref { return ref }
    let plain = triggers.push?.branches?.first { branch in
      !branch.utf8.contains { byte in "*?[!".utf8.contains(byte) }
    }
    return plain.flatMap { RefName("refs/heads/" + $0) } ?? .main
  }
}
