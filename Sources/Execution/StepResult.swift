import Model
import RunDirectory

/// How one step came out, in the terms of the run's events.
struct StepResult: Codable {
  var state: RunEvent.StepState
  var status: ExitStatus?
  /// Why it did not succeed, in a sentence.
  var reason: String?
  /// What else there is to say, also on success.
  var note: String?
  var usage = ProcessTree.Usage()
  var wall: Duration = .zero
  /// Bytes that a fetch received.
  var received: Int?
  /// It failed, and the pipeline allows that.
  var isAllowed = false
  /// The run's own time was over, or somebody stopped the run, while the step ran.
  var endsRun: RunState?
  /// Some of what it had started could not be ended.
  var hasSurvivors = false
  /// The run that takes this one's place, where that ends it.
  var supersededBy: Int?
  /// The runner had it ended; why, the runner knows.
  var wasOrdered = false
  /// What it left in the background goes on.
  var isDetached = false
  /// What it hands on to later steps.
  var outputs: [StepOutput] = []
  /// Bytes of its log.
  var logSize = 0

  /// A step that could not even be started.
  static func notStarted(_ failure: RunnerFailure) -> StepResult {
    StepResult(state: .failed, reason: failure.description)
  }

  init(state: RunEvent.StepState, reason: String?) {
    self.state = state
    self.reason = reason
  }

  /// - Parameters:
  ///   - timeout: the step's own time limit, for the sentence.
  ///   - runTimeout: the run's.
  init(_ end: Supervision.End, timeout: Seconds?, runTimeout: Seconds) {
    status = end.status
    usage = end.usage
    wall = end.wall
    switch end.interruption {
    case .stopped(let request):
      state = .cancelled
      reason = request.reason
      endsRun = request.endsRun
      supersededBy = request.supersededBy
    case .ordered:
      state = .cancelled
      wasOrdered = true
    case .runTime:
      state = .timedOut
      reason = StepResult.runTimeReason(runTimeout)
      endsRun = .timedOut
    case .stepTime:
      state = .timedOut
      reason = "timed out after \(timeout ?? runTimeout)"
    case .log(let error):
      state = .failed
      reason = "the log could not be written: \(error)"
    case .logLimit(let sentence), .limit(let sentence):
      state = .failed
      reason = sentence
    case nil where end.status.isSuccess:
      state = .succeeded
    case nil:
      state = .failed
      reason = end.status.words
    }
    hasSurvivors = end.survivors
    isDetached = end.isDetached
    if end.survivors {
      note = "some of its processes could not be killed"
    } else if end.interruption == nil, !end.leftBehind.isEmpty {
      note = "ended what it left running: \(end.leftBehind.joined(separator: ", "))"
    }
    if let more = end.note { note = note.map { "\($0); \(more)" } ?? more }
  }

  /// A step whose log is not on the disk has not succeeded: nobody could say what it did.
  mutating func bringToDisk(_ log: LogWriter) {
    do {
      try log.sync()
    } catch {
      guard state == .succeeded else { return }
      state = .failed
      reason = "the log could not be written: \(error)"
    }
  }

  static func runTimeReason(_ limit: Seconds) -> String { "the run's time limit of \(limit) was over" }

  /// Reason and note together, for the step's event.
  var explanation: String? {
    let parts = [reason, note].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
