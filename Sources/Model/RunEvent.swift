public import struct FoundationEssentials.Date

/// One line of `events.jsonl`: a transition of the run or of one of its steps.
///
/// Lines are only ever appended. `run_finished` is the last one; a run directory without it and with a free
/// lock is one whose runner died.
public struct RunEvent: Codable, Hashable, Sendable {
  public enum Kind: String, Codable, Sendable {
    case runStarted = "run_started"
    case stepStarted = "step_started"
    case stepFinished = "step_finished"
    case stepSkipped = "step_skipped"
    /// It failed and is tried again; `attempt` is the one that begins.
    case stepRetried = "step_retried"
    /// An `approval` step waits for a person, until `until`; `reason` is the question.
    case waiting
    /// A person has answered, or nobody did in time.
    case answered
    /// The run is being ended from outside (cancel, time-out); `reason` says why.
    case stopping
    case runFinished = "run_finished"
  }

  public enum StepState: String, Codable, Sendable {
    case succeeded, failed, cancelled
    case timedOut = "timed_out"
  }

  public var at: Date
  public var event: Kind
  /// Index of the step: 0 is `fetch`, then those of `steps`, of `on_failure` and of `finally`.
  public var step: Int?
  public var name: String?
  /// Name of the step's log file in the run directory.
  public var log: String?
  public var stepState: StepState?
  public var runState: RunState?
  public var exitCode: Int?
  public var signal: Int?
  /// A sentence for people.
  public var reason: String?
  public var failedStep: String?
  /// On the `step_finished` of `fetch`: the commit that is in the workspace.
  public var commit: CommitID?
  /// Beside `commit`: a newer one had been deployed, and a person asked for this one.
  public var wentBack: Bool?
  /// On the `run_finished` of a superseded run: the run that took its place.
  public var supersededBy: Int?
  public var allowedFailure: Bool?
  /// On `run_started`: the process id of the runner, for people; the lock is what counts.
  public var pid: Int?
  /// On `run_started`: the cgroup that holds what the run starts, where one could be made.
  public var cgroup: String?
  /// On `run_started`: the machine's uptime (CLOCK_BOOTTIME), so that how long a run has been going can be told
  /// whatever becomes of the wall clock.
  public var uptime: Seconds?
  /// On `step_finished` of the step; on `run_finished` of the whole run.
  public var usage: Usage?
  /// On `step_retried`: 2 for the first repetition.
  public var attempt: Int?
  /// On `waiting`: when the time for an answer is over.
  public var until: Date?
  /// On `answered`: whether it was a yes, `nil` where nobody need answer any more; `reason` and `by` say more.
  public var approved: Bool?
  /// On `answered`: who.
  public var by: String?
  /// On `step_started` and `run_started`: names of the secrets that it was given.
  public var secrets: [String]?
  /// On `step_finished`: names of the outputs that it handed on.
  public var outputs: [String]?
  /// On the `step_finished` of `fetch`: bytes that came from the repository.
  public var received: Int?

  /// What a step, or a run, used.
  public struct Usage: Codable, Hashable, Sendable {
    /// On the monotonic clock.
    public var wall: Seconds
    /// User and system time together.
    public var cpu: Seconds
    /// Peak resident memory in bytes.
    public var peakMemory: Int
    /// Size of the logs in bytes.
    public var logBytes: Int

    public init(wall: Seconds, cpu: Seconds, peakMemory: Int, logBytes: Int) {
      self.wall = wall
      self.cpu = cpu
      self.peakMemory = peakMemory
      self.logBytes = logBytes
    }
  }

  public init(
    at: Date, event: Kind, step: Int? = nil, name: String? = nil, log: String? = nil,
    stepState: StepState? = nil, runState: RunState? = nil, exitCode: Int? = nil, signal: Int? = nil,
    reason: String? = nil, failedStep: String? = nil, commit: CommitID? = nil, allowedFailure: Bool? = nil,
    pid: Int? = nil,
    cgroup: String? = nil, uptime: Seconds? = nil, usage: Usage? = nil, wentBack: Bool? = nil, supersededBy: Int? = nil
  ) {
    self.at = at
    self.event = event
    self.step = step
    self.name = name
    self.log = log
    self.stepState = stepState
    self.runState = runState
    self.exitCode = exitCode
    self.signal = signal
    self.reason = reason
    self.failedStep = failedStep
    self.commit = commit
    self.allowedFailure = allowedFailure
    self.pid = pid
    self.cgroup = cgroup
    self.uptime = uptime
    self.usage = usage
    self.wentBack = wentBack
    self.supersededBy = supersededBy
  }
}
