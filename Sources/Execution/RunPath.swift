import Model
import RunDirectory

/// The way of one run: fetch → check out → run steps → finish.
struct RunPath {
  let spec: RunSpec
  let record: RunRecord
  let steps: StepRunner
  let credentials: CredentialMatching
  let secrets: SecretCheck

  /// What a `finally` step may take that says nothing itself.
  static let finallyTimeout: Seconds = 300

  /// Goes all the way. The last event is written when this returns.
  /// - Throws: `RunDirectoryError` where not even its end can be written.
  func travel(from start: Instant, cgroup: String?) throws(RunDirectoryError) {
    try record.runStarted(cgroup: cgroup, secrets: Array(steps.environment.secrets.keys))
    let isLocal = spec.isLocal == true
    let workspace = isLocal ? nil : WorkspaceLock.acquire(spec.workspace)
    let outcome: RunOutcome
    do throws(RunDirectoryError) {
      if let problem = secrets.problem {
        outcome = try fail(problem)
      } else if workspace == nil, !isLocal {
        outcome = try fail("the workspace \(spec.workspace) is in use by another run, or cannot be locked")
      } else {
        outcome = try deploy(runLimit: start + spec.request.pipeline.timeout.duration)
      }
    } catch {
      // A log could not be made, or the room that is kept for events is used up: the end may be told all the same.
      outcome = RunOutcome(.failed, reason: "the run could not be written down: \(error)")
    }
    // Whatever the result, the run is over and nothing of it goes on. What a fetch left half done stays marked.
    if record.checkedOut, !record.hasSurvivors { UnfinishedMark(workspace: spec.workspace).remove() }
    // Before the last event: whoever reads it may start the pipeline's next run at once.
    workspace?.release()
    try record.runFinished(outcome, took: start.duration(to: .now))
  }

  private func deploy(runLimit: Instant) throws(RunDirectoryError) -> RunOutcome {
    if spec.isLocal == true {
      guard let commit = spec.request.commit else { return try fail("a local run has to say which commit it is of") }
      return try runFinally(of: commit, after: try runSteps(of: commit, runLimit: runLimit))
    }
    let (result, commit) = try steps.fetch(credentials: credentials, runLimit: runLimit)
    guard let commit else {
      try skip(
        allSteps,
        reason: result.supersededBy.map { "superseded by run \($0)" } ?? "the commit could not be checked out")
      return end(byFetch: result)
    }
    return try runFinally(of: commit, after: try runSteps(of: commit, runLimit: runLimit))
  }

  private func fail(_ reason: String) throws(RunDirectoryError) -> RunOutcome {
    try skip(allSteps, reason: "the run could not begin")
    return RunOutcome(.failed, reason: reason)
  }

  private func end(byFetch result: StepResult) -> RunOutcome {
    let reason = result.reason ?? "no reason is known"
    return RunOutcome(
      result.endsRun ?? .failed, reason: result.endsRun == nil ? "fetch failed: \(reason)" : reason,
      failedStep: result.endsRun == .superseded ? nil : StepRunner.fetchName, supersededBy: result.supersededBy)
  }

  private func runSteps(of commit: CommitID, runLimit: Instant) throws(RunDirectoryError) -> RunOutcome {
    let all = Array(allSteps.prefix(spec.request.pipeline.steps.count))
    for (position, (index, step)) in all.enumerated() {
      if let request = steps.control.takeRequest() {
        record.stopping(reason: request.reason)
        try skip(all[position...], reason: request.reason)
        return RunOutcome(request.endsRun, reason: request.reason, supersededBy: request.supersededBy)
      }
      let result = try steps.run(step, index: index, commit: commit, limit: step.timeout, runLimit: runLimit)
      if let outcome = end(by: result, of: step) {
        try skip(all[(position + 1)...], reason: "step \"\(step.name)\" did not succeed")
        return outcome
      }
    }
    return RunOutcome(.succeeded)
  }

  /// Always, also after a failure, a cancel and a time-out. A cancel that comes now ends them too.
  private func runFinally(of commit: CommitID, after outcome: RunOutcome) throws(RunDirectoryError) -> RunOutcome {
    var final = outcome
    // What is left to do is to tidy up.
    steps.control.mayBeSuperseded = false
    let all = Array(allSteps.dropFirst(spec.request.pipeline.steps.count))
    for (position, (index, step)) in all.enumerated() {
      let result = try steps.run(
        step, index: index, commit: commit, limit: step.timeout ?? RunPath.finallyTimeout, runLimit: nil,
        outcome: outcome)
      if let outcome = end(by: result, of: step), final.state == .succeeded { final = outcome }
      if result.endsRun != nil {
        try skip(all[(position + 1)...], reason: result.reason ?? "the run was stopped")
        break
      }
    }
    return final
  }

  /// The outcome that a step's result brings about; `nil` where the run goes on.
  private func end(by result: StepResult, of step: Step) -> RunOutcome? {
    let reason = "step \"\(step.name)\" "
    if let state = result.endsRun {
      return RunOutcome(
        state, reason: result.reason, failedStep: state == .superseded ? nil : step.name,
        supersededBy: result.supersededBy)
    }
    if result.isAllowed { return nil }
    switch result.state {
    case .succeeded: return nil
    case .timedOut:
      return RunOutcome(.timedOut, reason: reason + (result.reason ?? "timed out"), failedStep: step.name)
    case .failed, .cancelled:
      return RunOutcome(
        .failed, reason: reason + "failed: " + (result.reason ?? "no reason is known"), failedStep: step.name)
    }
  }

  private func skip(_ steps: some Sequence<(Int, Step)>, reason: String) throws(RunDirectoryError) {
    for (index, step) in steps { try record.stepSkipped(index, step.name, reason: reason) }
  }

  /// With their numbers: 0 is `fetch`, then steps, then `finally`.
  private var allSteps: [(Int, Step)] {
    let pipeline = spec.request.pipeline
    return (pipeline.steps + pipeline.finally).enumerated().map { ($0 + 1, $1) }
  }
}
