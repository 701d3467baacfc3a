import Glibc
import Model
import RunDirectory

/// Carries out one list of steps, several at a time where their graph allows it.
///
/// One thread and one place to wait: each step under way has a keeper that talks on a pipe, and beside these pipes the
/// control socket and the signals are listened to.
final class StepLoop {
  /// The lists of a pipeline.
  enum Part { case steps, onFailure, finally }

  private let part: Part
  let steps: [Step]
  /// The number of the first of them.
  let first: Int
  let starter: StepRunner
  private let commit: CommitID
  private let outcome: RunOutcome?
  private var runLimit: Instant?
  private let width: Int
  private let outputs: RunOutputs
  let desk: ApprovalDesk
  private var plan: StepPlan
  private var running: [KeptStep] = []
  private var ending: StepEnding?
  /// Somebody has cancelled the run before, or once since it tidies up.
  private var wasAsked: Bool
  private var failure: RunOutcome?
  private var endedStep: String?

  /// What a step of `on_failure` and `finally` may take that says nothing itself.
  static let finalTimeout: Seconds = 300

  /// - Parameters:
  ///   - leftOut: steps of all lists whose files did not change.
  ///   - outcome: of the run so far; `nil` for `steps`.
  ///   - runLimit: when the run's time is over; `nil`: that does not count any more.
  init(
    _ part: Part, _ steps: [Step], first: Int, starter: StepRunner, commit: CommitID, outputs: RunOutputs,
    leftOut: PathConditions.LeftOut? = nil, after outcome: RunOutcome? = nil, runLimit: Instant? = nil
  ) throws(RunnerFailure) {
    self.part = part
    self.steps = steps
    self.first = first
    self.starter = starter
    desk = starter.control.desk
    self.commit = commit
    self.outputs = outputs
    self.outcome = outcome
    self.runLimit = runLimit
    wasAsked = outcome?.state == .cancelled
    let check = ConditionCheck(request: starter.spec.request, leftOut: leftOut)
    let obstacle = { position in check.obstacle(steps[position].when, of: first + position) }
    if part == .steps {
      plan = try StepPlan(graph: steps, obstacle: obstacle)
      width = min(max(starter.spec.request.pipeline.parallel ?? Pipeline.usualParallel, 1), Pipeline.mostParallel)
    } else {
      plan = StepPlan(
        inOrder: steps, status: outcome?.state == .succeeded ? .succeeded : .failed, obstacle: obstacle)
      width = 1
    }
  }

  /// - Returns: how the run stands after them, as far as they decide it.
  func run() throws(RunDirectoryError) -> RunOutcome {
    do throws(RunDirectoryError) {
      try carryOut()
    } catch {
      // What cannot be written down does not go on.
      for kept in running { kept.kill() }
      _ = ProcessTree(cgroup: nil).killOrphans(besides: starter.detached.processes)
      throw error
    }
    // A person, or a newer run, wanted the end of all of it; the time limit only of what was still under way.
    if let ending, failure == nil || ending.endsRun != .timedOut {
      let step = ending.endsRun == .superseded ? nil : endedStep ?? failure?.failedStep
      return RunOutcome(
        ending.endsRun, reason: ending.reason, failedStep: step, supersededBy: ending.supersededBy)
    }
    return failure ?? RunOutcome(.succeeded)
  }

  private func carryOut() throws(RunDirectoryError) {
    while true {
      // Once: the second request changes nothing about the steps that are being ended.
      if let request = starter.control.takeRequest(), ending == nil {
        if part == .finally, !wasAsked {
          wasAsked = true
          starter.record.stopping(
            reason: request.reason + "; `finally` goes on to its end, unless that is asked for again")
        } else {
          try stop(.request(request))
        }
      } else if let runLimit, ending == nil, Instant.now >= runLimit {
        try stop(.runTime(starter.spec.request.pipeline.timeout))
      }
      try hearAnswers()
      while let move = plan.next(hasRoom: running.count < width) {
        switch move {
        case .start(let position): try start(position)
        case .skip(let position, let reason):
          try starter.record.stepSkipped(first + position, steps[position].name, reason: reason)
        }
      }
      if let failure {
        try withdrawQuestions(reason: failure.reason ?? "the run has failed") { step in
          step.when?.statuses?.contains(.failed) != true
        }
      }
      guard !running.isEmpty || !desk.isEmpty else { return }
      try waitOnce()
    }
  }

  private func start(_ position: Int) throws(RunDirectoryError) {
    let step = steps[position]
    if let approval = step.approval { return try ask(approval, position) }
    let needed = part == .steps ? Set(plan.ancestors(of: position).map { first + $0 }) : nil
    let limit = part == .steps ? step.timeout : step.timeout ?? StepLoop.finalTimeout
    let job = StepJob(
      step: step, index: first + position, commit: commit, limit: limit, outcome: outcome,
      outputs: outputs.values(of: needed))
    if let kept = try starter.start(job) {
      running.append(kept)
    } else {
      note(.notStarted(RunnerFailure("it could not be started")), of: position)
    }
  }

  private func waitOnce() throws(RunDirectoryError) {
    // A person who thinks does not use up the run's time.
    let isIdle = running.isEmpty
    let limits = (ending == nil ? [isIdle ? nil : runLimit] : running.map(\.killAt)) + desk.open.map(\.deadline)
    let before = Instant.now
    let ready = starter.control.wait(forAny: running.map(\.news.raw), until: limits.compactMap { $0 }.min())
    if isIdle, let limit = runLimit { runLimit = limit + before.duration(to: .now) }
    if starter.control.takeChildEnded() { starter.collect(running) }
    for (kept, isReady) in zip(running, ready) where isReady {
      for reading in kept.read() {
        switch reading {
        case .retried(let number, let reason):
          try starter.record.stepRetried(kept.job.index, kept.job.step.name, number: number, reason: reason)
        case .over: try end(kept)
        }
      }
    }
    for kept in running {
      // Its pipe ends then, and the step is taken for lost.
      if let killAt = kept.killAt, Instant.now >= killAt { kept.kill() }
    }
  }

  private func end(_ kept: KeptStep) throws(RunDirectoryError) {
    running.removeAll { $0 === kept }
    if let complaint = outputs.complaint(about: kept.result?.outputs ?? []) { kept.refuseOutputs(complaint) }
    let result = try starter.finish(
      kept, ending: ending, others: starter.detached.processes.union(running.map(\.process)))
    if result.isDetached, !kept.isCollected { starter.detached.add(kept.process) }
    outputs.add(result.outputs, of: kept.job.index)
    note(result, of: kept.job.index - first)
  }

  private func note(_ result: StepResult, of position: Int) {
    let step = steps[position]
    if result.endsRun != nil {
      if !step.allowFailure { endedStep = endedStep ?? step.name }
      plan.ended(position, failed: !result.isAllowed)
    } else {
      note(StepLoop.end(by: result, of: step), of: position)
    }
  }

  /// - Parameter outcome: what the step's end means for the run; `nil`: it goes on.
  func note(_ outcome: RunOutcome?, of position: Int) {
    plan.ended(position, failed: outcome != nil)
    if failure == nil { failure = outcome }
  }

  /// Ends what is under way, and lets nothing more begin.
  private func stop(_ ending: StepEnding) throws(RunDirectoryError) {
    self.ending = ending
    let (ended, spared) = (running.filter(\.isInterruptible), running.filter { !$0.isInterruptible })
    let names = spared.map { "\"\($0.job.step.name)\"" }.joined(separator: ", ")
    starter.record.stopping(
      reason: ending.reason + (spared.isEmpty ? "" : "; waits for the end of \(names), which cannot be interrupted"))
    plan.stop(reason: ending.reason)
    try withdrawQuestions(reason: ending.reason)
    let words = starter.record.masker.masked(ending.reason)
    for kept in ended { kept.stop(grace: starter.spec.request.pipeline.grace.duration, reason: words) }
    for kept in spared {
      kept.letEnd("pushrod: \(words); this step cannot be interrupted and goes on to its end")
    }
  }

  /// The outcome that a step's result brings about; `nil` where the run goes on as it was.
  private static func end(by result: StepResult, of step: Step) -> RunOutcome? {
    let reason = "step \"\(step.name)\" "
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
}
