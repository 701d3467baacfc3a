import Model
import RunDirectory

/// The way of one run: fetch → check out → run steps → finish.
struct RunPath {
  var spec: RunSpec
  let record: RunRecord
  let steps: StepRunner
  let credentials: CredentialMatching
  let secrets: SecretCheck
  /// Steps whose files did not change; known once the commit is.
  var leftOut: PathConditions.LeftOut?

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
      return try runSteps(of: commit, runLimit: runLimit)
    }
    let (result, commit, leftOut) = try steps.fetch(credentials: credentials, runLimit: runLimit)
    guard let commit else {
      try skip(
        allSteps,
        reason: result.supersededBy.map { "superseded by run \($0)" }
          ?? (result.endsRun == .skipped ? "no path matched" : "the commit could not be checked out"))
      return end(byFetch: result)
    }
    var path = self
    path.leftOut = leftOut
    if spec.request.pipeline.file != nil {
      guard let read = try record.directory.pipelineSteps() else {
        return RunOutcome(.failed, reason: "what the repository's file says was not written down")
      }
      path.spec.request.pipeline = spec.request.pipeline.with(read)
    }
    return try path.runSteps(of: commit, runLimit: runLimit)
  }

  private func fail(_ reason: String) throws(RunDirectoryError) -> RunOutcome {
    try skip(allSteps, reason: "the run could not begin")
    return RunOutcome(.failed, reason: reason)
  }

  private func end(byFetch result: StepResult) -> RunOutcome {
    let reason = result.reason ?? "no reason is known"
    return RunOutcome(
      result.endsRun ?? .failed, reason: result.endsRun == nil ? "fetch failed: \(reason)" : reason,
      failedStep: [.superseded, .skipped].contains(result.endsRun) ? nil : StepRunner.fetchName,
      supersededBy: result.supersededBy)
  }

  /// Steps → `on_failure`, after a failure or a time-out → `finally`, always.
  private func runSteps(of commit: CommitID, runLimit: Instant) throws(RunDirectoryError) -> RunOutcome {
    let pipeline = spec.request.pipeline
    let (onFailure, outputs) = (pipeline.onFailure ?? [], RunOutputs())
    let outcome = try carryOut(.steps, pipeline.steps, first: 1, of: commit, outputs, runLimit: runLimit)
    // What is left to do is to tidy up.
    steps.control.mayBeSuperseded = false
    if outcome.state == .failed || outcome.state == .timedOut {
      _ = try carryOut(
        .onFailure, onFailure, first: 1 + pipeline.steps.count, of: commit, outputs, after: outcome)
    }
    let end = try carryOut(
      .finally, pipeline.finally, first: 1 + pipeline.steps.count + onFailure.count, of: commit, outputs, after: outcome
    )
    return outcome.state == .succeeded ? end : outcome
  }

  private func carryOut(
    _ part: StepLoop.Part, _ list: [Step], first: Int, of commit: CommitID, _ outputs: RunOutputs,
    after outcome: RunOutcome? = nil, runLimit: Instant? = nil
  ) throws(RunDirectoryError) -> RunOutcome {
    let loop: StepLoop
    do throws(RunnerFailure) {
      loop = try StepLoop(
        part, list, first: first, starter: steps, commit: commit, outputs: outputs, leftOut: leftOut, after: outcome,
        runLimit: runLimit)
    } catch {
      return RunOutcome(.failed, reason: error.description)
    }
    return try loop.run()
  }

  private func skip(_ steps: some Sequence<(Int, Step)>, reason: String) throws(RunDirectoryError) {
    for (index, step) in steps { try record.stepSkipped(index, step.name, reason: reason) }
  }

  /// What is left out where nothing could be checked out, with the numbers: 0 is `fetch`, then steps, then `on_failure`, then
  /// `finally`.
  private var allSteps: [(Int, Step)] {
    let pipeline = spec.request.pipeline
    let (count, onFailure) = (pipeline.steps.count, pipeline.onFailure?.count ?? 0)
    return pipeline.steps.enumerated().map { ($0 + 1, $1) }
      + pipeline.finally.enumerated().map { ($0 + 1 + count + onFailure, $1) }
  }
}
