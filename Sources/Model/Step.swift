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
  /// Names of the steps that must be over before it begins; `nil`: the one above it in the file. Of `steps` only: the
  /// others go in order.
  public var needs: [String]?
  public var when: StepCondition?
  public var retry: Retry?
  /// A cancel, a newer run and the run's time limit wait for its end; `nil`: true.
  public var isInterruptible: Bool?
  /// What it leaves running in the background may stay; `nil`: false.
  public var isDetached: Bool?
  /// It finds a terminal on its output; `nil`: false.
  public var hasTerminal: Bool?
  /// Instead of running something, it waits for a person. `run` is empty then.
  public var approval: Approval?
  public var cache: [Cache]?
  /// Patterns for files of the workspace that are kept with the run once the step is over. Never empty.
  public var artifacts: [String]?
  /// The system user whom it runs as; `nil`: the pipeline's.
  public var user: String?
  /// `nil`: the pipeline's.
  public var limits: StepLimits?
  /// `nil`: the pipeline's.
  public var sandbox: Sandbox?

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

/// When a step of a pipeline runs; all that is said must hold. Patterns are kept as written.
public struct StepCondition: Codable, Hashable, Sendable {
  /// How the run stands at that moment.
  public enum Status: String, Codable, Sendable, CaseIterable {
    case succeeded, failed
  }

  public var branches: [String]?
  public var tags: [String]?
  /// What started the run.
  public var events: [RunRequest.Trigger]?
  /// Of what the push changed, one path must match.
  public var paths: [String]?
  /// `nil`: `[succeeded]`.
  public var statuses: [Status]?

  public init(
    branches: [String]? = nil, tags: [String]? = nil, events: [RunRequest.Trigger]? = nil, paths: [String]? = nil,
    statuses: [Status]? = nil
  ) {
    self.branches = branches
    self.tags = tags
    self.events = events
    self.paths = paths
    self.statuses = statuses
  }
}

/// A step that failed is tried again.
public struct Retry: Codable, Hashable, Sendable {
  /// After the first time.
  public var times: Int
  /// Before the second try.
  public var wait: Seconds
  /// Each later wait is the one before times this; `nil`: 1.
  public var backoff: Double?

  /// However often `wait` was multiplied, in seconds.
  public static let longestPause = 3600.0

  public init(times: Int, wait: Seconds = 0, backoff: Double? = nil) {
    self.times = times
    self.wait = wait
    self.backoff = backoff
  }
}

/// A person is asked before the run goes on.
public struct Approval: Codable, Hashable, Sendable {
  /// The question.
  public var ask: String
  /// Without an answer for so long, the run ends; `nil`: a day.
  public var timeout: Seconds?

  public init(ask: String, timeout: Seconds? = nil) {
    self.ask = ask
    self.timeout = timeout
  }
}

/// Folders that outlive a run, for the runs of one repository.
public struct Cache: Codable, Hashable, Sendable {
  /// Patterns for files of the workspace, whose content is the key; never empty.
  public var key: [String]
  /// Folders or files of the workspace; never empty.
  public var paths: [String]

  public init(key: [String], paths: [String]) {
    self.key = key
    self.paths = paths
  }
}
