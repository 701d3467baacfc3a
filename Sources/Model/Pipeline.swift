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
  /// After a failure or a time-out, in order, before `finally`.
  public var onFailure: [Step]?
  public var finally: [Step]
  /// Steps that may run at the same time; `nil`: 4.
  public var parallel: Int?
  /// Where its steps stand, as a path in the repository: they are read from the commit of each run. `steps`, `onFailure`
  /// and `finally` are empty then.
  public var file: String?
  /// The system user whom steps run as; `nil`: the runner's.
  public var user: String?
  /// Of each step; a step's own count instead.
  public var limits: StepLimits?
  /// Of each step; a step's own counts instead.
  public var sandbox: Sandbox?
  public var workspace: WorkspaceRule?

  public init(
    name: String, repository: RepositoryURL, triggers: Triggers, ref: RefName? = nil,
    environment: [String: String] = [:],
    secrets: [String] = [], timeout: Seconds = 3600, grace: Seconds = 10,
    concurrency: Concurrency? = nil, onInterrupt: InterruptPolicy? = nil, keep: RunKeep? = nil, steps: [Step],
    onFailure: [Step]? = nil, finally: [Step] = [], parallel: Int? = nil, file: String? = nil, user: String? = nil,
    limits: StepLimits? = nil, sandbox: Sandbox? = nil, workspace: WorkspaceRule? = nil
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
    self.onFailure = onFailure
    self.finally = finally
    self.parallel = parallel
    self.file = file
    self.user = user
    self.limits = limits
    self.sandbox = sandbox
    self.workspace = workspace
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

extension Pipeline {
  /// `parallel`, where a file does not say it.
  public static let usualParallel = 4

  /// The largest `parallel`: each step under way is a few processes.
  public static let mostParallel = 256
}

extension Pipeline {
  /// The names of the steps that each of `steps` waits for, also where the file leaves it to the order.
  public var allNeeds: [[String]] {
    steps.enumerated().map { position, step in step.needs ?? (position == 0 ? [] : [steps[position - 1].name]) }
  }
}
