public import Model

/// `GET /api/runs`: newest first.
public struct RunList: Codable, Sendable {
  public var runs: [Run]

  public init(runs: [Run]) { self.runs = runs }
}

/// `GET /api/runs/{n}`: a run and what happened in it so far.
public struct RunDetail: Codable, Sendable {
  public var run: Run
  /// Empty while the run waits, and for runs that never started.
  public var events: [RunEvent]
  /// Absolute path of the run's directory on the agent's machine; the logs are in it.
  public var directory: String
  /// How long a running run has been going, on the monotonic clock; `nil` where it does not run, or did not say when
  /// it began.
  public var elapsed: Seconds?

  public init(run: Run, events: [RunEvent], directory: String, elapsed: Seconds? = nil) {
    self.run = run
    self.events = events
    self.directory = directory
    self.elapsed = elapsed
  }
}

/// `POST /api/runs/{n}/approve` and `/reject`: what a person says to a step that asks.
public struct AnswerRequest: Codable, Sendable {
  /// Which step; may be absent where only one asks.
  public var step: String?
  /// Must be there for a no.
  public var reason: String?

  public init(step: String? = nil, reason: String? = nil) {
    self.step = step
    self.reason = reason
  }
}

/// `POST /api/runs`: start a run by hand.
public struct StartRequest: Codable, Sendable {
  public var pipeline: String
  /// As people type it (`main`, `tags/v1`, `refs/heads/x`); the pipeline's own branch where absent.
  public var ref: String?
  /// Values for the pipeline's inputs, by name.
  public var inputs: [String: String]?

  public init(pipeline: String, ref: String?, inputs: [String: String]? = nil) {
    self.pipeline = pipeline
    self.ref = ref
    self.inputs = inputs
  }
}
