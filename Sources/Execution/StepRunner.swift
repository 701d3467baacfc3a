import Git
import Glibc
import Model
import RunDirectory

/// Carries out single steps: `fetch` itself, those of the pipeline through a keeper each.
struct StepRunner {
  let spec: RunSpec
  let record: RunRecord
  /// Holds all of the run's processes, where one could be made.
  let cgroup: Cgroup?
  let control: ControlServer
  let environment: StepEnvironment
  let detached = DetachedKeepers()

  /// Collects children that have ended, and has keepers go on that were stopped.
  /// - Parameter keepers: of the steps that are under way.
  func collect(_ keepers: [KeptStep]) {
    for keeper in keepers where !keeper.isCollected { ProcessTree.goOn(keeper.process) }
    while true {
      let process = waitpid(-1, nil, WNOHANG)
      if process > 0 {
        detached.ended(process)
        keepers.first { $0.process == process }?.isCollected = true
      }
      guard process > 0 || (process < 0 && errno == EINTR) else { return }
    }
  }

  /// Begins one step of the pipeline.
  /// - Returns: the step; where it could not even begin, its end is on record already.
  func start(_ job: StepJob) throws(RunDirectoryError) -> KeptStep? {
    let log = try record.stepStarted(job.index, job.step.name)
    do throws(RunnerFailure) {
      return try Keeper.start(
        spec: spec, directory: record.directory, masker: record.masker, cgroup: cgroup, environment: environment,
        job: job, log: log)
    } catch {
      try? log.write("pushrod: \(error.description)\n")
      try finished(job, .notStarted(error), log: log.name)
      return nil
    }
  }

  /// Records the end of a step whose keeper has said its last word or died.
  /// - Parameter ending: why the runner has had it ended, where it has.
  func finish(
    _ kept: KeptStep, ending: StepEnding?, others: Set<pid_t>
  ) throws(RunDirectoryError) -> StepResult {
    var result = kept.result ?? lost(kept, others)
    if result.wasOrdered, let ending { ending.mark(&result) }
    result.isAllowed = kept.job.step.allowFailure && result.state != .succeeded && result.endsRun == nil
    try finished(kept.job, result, log: kept.log)
    return result
  }

  private func finished(_ job: StepJob, _ result: StepResult, log: String) throws(RunDirectoryError) {
    try record.stepFinished(job.index, job.step.name, result, log: log)
  }

  /// Somebody has killed the step's keeper, and with it the step. What was above the rest is this process now.
  /// - Parameter others: the keepers that live.
  private func lost(_ kept: KeptStep, _ others: Set<pid_t>) -> StepResult {
    kept.kill()
    var result = StepResult(
      state: .failed, reason: "the process that kept watch over the step was killed, and all of the step with it")
    result.hasSurvivors = !ProcessTree(cgroup: nil).killOrphans(besides: others.subtracting([kept.process]))
    result.wasOrdered = kept.killAt != nil
    result.logSize = LogFile(path: record.directory.path + "/" + kept.log)?.size ?? 0
    return result
  }

  /// Step 0.
  /// - Returns: the result and, where it succeeded, the commit that is in the workspace and the steps whose files did not change. Where the run is too late, the
  ///   result ends it as superseded, and where it changed nothing that counts, as skipped.
  func fetch(
    credentials: CredentialMatching, runLimit: Instant?
  ) throws(RunDirectoryError) -> (result: StepResult, commit: CommitID?, leftOut: PathConditions.LeftOut?) {
    let log = try record.stepStarted(0, StepRunner.fetchName)
    var result: StepResult
    var commit: CommitID?
    var wentBack: Bool?
    var leftOut: PathConditions.LeftOut?
    do throws(RunnerFailure) {
      let channel = try Descriptor.pipe()
      // libgit2's own deadline comes first and has the better words; this is for when it does not come back.
      let limit = Seconds(spec.fetchTimeout.value + 5)
      let end = try supervise(log: log, limit: limit, runLimit: runLimit, grace: .seconds(1)) {
        output throws(RunnerFailure) in
        try ChildProcess.fork(output: output) {
          MemoryLimit.set((spec.fetchLimits ?? FetchLimits()).memory)
          let work = FetchWork(spec: spec, directory: record.directory, credentials: credentials) { line in
            let bytes = Array((line + "\n").utf8)
            _ = write(1, bytes, bytes.count)
          }
          return FetchChannel.send(work.run(), received: work.received.count, to: channel.writing) ? 0 : 1
        }
      }
      result = StepResult(end, timeout: spec.fetchTimeout, runTimeout: spec.request.pipeline.timeout)
      let message = FetchChannel.receive(from: channel.reading)
      result.received = message?.received
      switch message?.report {
      case .done(let id, let isBack, let steps)? where end.interruption == nil:
        result.reason = nil
        commit = CommitID(id)
        if isBack { wentBack = true }
        leftOut = steps
      case .superseded(let run, let reason)? where end.interruption == nil:
        result.state = .cancelled
        result.status = nil
        result.reason = reason
        result.endsRun = .superseded
        result.supersededBy = run
        try? log.write(reason + "\n")
      case .skipped(let reason)? where end.interruption == nil:
        result.reason = reason
        result.endsRun = .skipped
        try? log.write(reason + "\n")
      case .refused(let reason)? where end.interruption == nil:
        result.state = .failed
        result.status = nil
        result.reason = reason
        result.endsRun = .failed
        try? log.write(record.masker.masked("error: \(reason)\n"))
      case .failed(let reason, let detail)? where end.interruption == nil:
        result.state = .failed
        result.status = nil
        result.reason = reason
        try? log.write(record.masker.masked("error: \(reason)\n" + (detail.map { "(\($0))\n" } ?? "")))
      default:
        // It was killed, or died: what it was receiving is of no use to anybody.
        Mirror(path: spec.mirror).sweep()
        if end.interruption == .stepTime {
          result.reason = "no answer from \(place) within \(spec.fetchTimeout)"
        } else if end.interruption == nil {
          result.state = .failed
          result.reason = "git ended without a result (\(end.status.words)\(memoryHint(end)))"
        }
      }
    } catch {
      try? log.write("pushrod: \(error.description)\n")
      result = .notStarted(error)
    }
    result.bringToDisk(log)
    result.logSize = log.size
    if result.state != .succeeded { (commit, wentBack) = (nil, nil) }
    try record.stepFinished(0, StepRunner.fetchName, result, log: log.name, commit: commit, wentBack: wentBack)
    return (result, commit, leftOut)
  }

  static let fetchName = RunDirectory.fetchStep

  /// The Swift runtime ends a process that gets no memory.
  private func memoryHint(_ end: Supervision.End) -> String {
    guard case .signalled(let signal) = end.status, [SIGABRT, SIGILL, SIGTRAP, SIGSEGV].contains(signal) else {
      return ""
    }
    let memory = ByteCount.words((spec.fetchLimits ?? FetchLimits()).memory)
    return "; it may have needed more memory than the \(memory) of `limits.fetch.memory`"
  }

  private var place: String {
    let repository = spec.request.pipeline.repository
    return repository.host.isEmpty ? repository.url : repository.host
  }

  /// The pipe's writing end is the process's alone when this returns.
  private static func started(
    _ start: (Descriptor) throws(RunnerFailure) -> pid_t
  ) throws(RunnerFailure) -> (pid_t, Descriptor) {
    let pipe = try Descriptor.pipe(size: LogPump.size)
    return (try start(pipe.writing), pipe.reading)
  }

  private func supervise(
    log: LogWriter, limit: Seconds?, runLimit: Instant?, grace: Duration,
    start: (Descriptor) throws(RunnerFailure) -> pid_t
  ) throws(RunnerFailure) -> Supervision.End {
    let (process, reading) = try StepRunner.started(start)
    let pump = LogPump(pipe: reading, log: log, masker: record.masker)
    let supervision = Supervision(
      process: process, pump: pump, tree: ProcessTree(cgroup: nil), waiter: control,
      limits: .init(step: limit.map { .now + $0.duration }, run: runLimit, grace: grace))
    return supervision.watch { interruption in
      switch interruption {
      case .stopped(let request): record.stopping(reason: request.reason)
      case .runTime: record.stopping(reason: StepResult.runTimeReason(spec.request.pipeline.timeout))
      case .ordered, .stepTime, .log, .logLimit, .limit: break
      }
    }
  }
}
