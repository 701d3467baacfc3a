public import struct FoundationEssentials.Date

/// One execution of a pipeline for one commit.
public struct Run: Codable, Hashable, Sendable {
  /// 1, 2, 3, …
  public var number: Int
  public var request: RunRequest
  public var state: RunState
  /// Why it ended as it did, in a sentence for the person who pushed; `nil` while it runs and on success. Of a queued
  /// run, as the agent tells it, what it waits for, where that is not its turn.
  public var reason: String?
  /// The name of the step that decided, where one did.
  public var failedStep: String?
  /// The run that took its place, where it was superseded.
  public var supersededBy: Int?
  /// While it is queued: the run of its concurrency group that is under way, else the one that goes first; `nil` where it
  /// waits for nothing but room among all runs.
  public var waitsFor: Int?
  public var queuedAt: Date
  public var startedAt: Date?
  public var finishedAt: Date?
  /// How long it took, as its runner measured on the monotonic clock; `nil` where no runner came to say so. The dates
  /// are of the wall clock, which may be set in between.
  public var took: Seconds?

  public init(
    number: Int, request: RunRequest, state: RunState, reason: String? = nil, failedStep: String? = nil,
    supersededBy: Int? = nil, waitsFor: Int? = nil, queuedAt: Date, startedAt: Date? = nil, finishedAt: Date? = nil,
    took: Seconds? = nil
  ) {
    self.number = number
    self.request = request
    self.state = state
    self.reason = reason
    self.failedStep = failedStep
    self.supersededBy = supersededBy
    self.waitsFor = waitsFor
    self.queuedAt = queuedAt
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.took = took
  }
}

/// Everything that is known about a run before it has a number.
public struct RunRequest: Codable, Hashable, Sendable {
  public enum Trigger: String, Codable, Sendable {
    case push, webhook, poll, schedule, manual, rerun
  }

  /// The pipeline as it was when the run was asked for.
  public var pipeline: Pipeline
  public var trigger: Trigger
  public var ref: RefName
  /// The commit that the run is of; `nil` where it is the tip that `ref` has when the run begins, until the runner has
  /// said which one that was.
  public var commit: CommitID?
  /// The ref's commit before the push, where it is known.
  public var before: CommitID?
  public var pusher: String?
  public var message: String?
  /// The inbox number of the delivery that started it; filled in by the store for runs recorded with one.
  public var delivery: Int?
  /// The run that this one repeats.
  public var rerunOf: Int?
  /// 1, and one more for every rerun.
  public var attempt: Int
  /// How many of the runs before this one, in a row, were interrupted and repeated by themselves; `nil`: none.
  public var interruptions: Int?
  /// A person asked for just this commit, so it may also go over a newer one that an earlier run has deployed.
  public var mayGoBack: Bool?
  /// The run that the person asked for, where this one repeats it by itself; `nil`: this one. What later runs have
  /// deployed since is newer than the wish.
  public var askedIn: Int?
  /// A value for each of the pipeline's inputs, where somebody started it by hand.
  public var inputs: [String: String]?
  /// The time of the schedule that started it.
  public var scheduledFor: Date?
  /// What started the run that a `rerun` repeats, at the beginning of the chain; `nil`: `trigger` says it.
  public var origin: Trigger?

  public init(
    pipeline: Pipeline, trigger: Trigger, ref: RefName, commit: CommitID?, before: CommitID? = nil,
    pusher: String? = nil, message: String? = nil, delivery: Int? = nil, rerunOf: Int? = nil,
    attempt: Int = 1, mayGoBack: Bool? = nil, askedIn: Int? = nil, inputs: [String: String]? = nil,
    scheduledFor: Date? = nil, origin: Trigger? = nil
  ) {
    self.pipeline = pipeline
    self.trigger = trigger
    self.ref = ref
    self.commit = commit
    self.before = before
    self.pusher = pusher
    self.message = message
    self.delivery = delivery
    self.rerunOf = rerunOf
    self.attempt = attempt
    self.mayGoBack = mayGoBack
    self.askedIn = askedIn
    self.inputs = inputs
    self.scheduledFor = scheduledFor
    self.origin = origin
  }
}
