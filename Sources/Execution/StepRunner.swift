import Git
import Glibc
import Model
import RunDirectory

/// Carries out single steps: a process, its log, its result.
struct StepRunner {
  let spec: RunSpec
  let record: RunRecord
  /// Holds all of the run's processes, where one could be made.
  let cgroup: Cgroup?
  let control: ControlServer
  let environment: StepEnvironment

  /// One step of the pipeline.
  /// - Parameters:
  ///   - commit: what is in the workspace.
  ///   - limit: the step's time limit.
  ///   - runLimit: when the run's time is over; `nil` for `finally` steps.
  ///   - outcome: of the run so far, for `finally` steps.
  func run(
    _ step: Step, index: Int, commit: CommitID, limit: Seconds?, runLimit: Instant?, outcome: RunOutcome? = nil
  ) throws(RunDirectoryError) -> StepResult {
    let log = try record.stepStarted(index, step.name)
    let variables = environment.variables(for: step, commit: commit, outcome: outcome)
    let keeping = StepKeeping(
      step, spec: spec, directory: record.directory, say: { try? log.writeLine(record.masker.masked($0)) },
      isStopped: { false })
    keeping.begin()
    var result: StepResult
    do throws(RunnerFailure) {
      let program = try StepProgram.program(for: step, workspace: spec.workspace, environment: variables)
      let leaf = cgroup?.child("step-\(index)")
      defer { leaf?.remove() }
      let end = try supervise(
        log: log, cgroup: leaf, logLimit: LogLimit(spec.request.pipeline.limits(of: step)), limit: limit,
        runLimit: runLimit, grace: spec.request.pipeline.grace.duration
      ) { output throws(RunnerFailure) in
        try ChildProcess.start(program, output: output, cgroup: leaf?.open())
      }
      result = StepResult(end, timeout: limit, runTimeout: spec.request.pipeline.timeout)
    } catch {
      try? log.write("pushrod: \(error.description)\n")
      result = .notStarted(error)
    }
    keeping.end(succeeded: result.state == .succeeded)
    bringToDisk(log, &result)
    result.isAllowed = step.allowFailure && result.state != .succeeded && result.endsRun == nil
    try record.stepFinished(index, step.name, result, log: log)
    return result
  }

  /// Step 0.
  /// - Returns: the result and, where it succeeded, the commit that is in the workspace. Where the run is too late, the
  ///   result ends it as superseded.
  func fetch(
    credentials: CredentialMatching, runLimit: Instant?
  ) throws(RunDirectoryError) -> (result: StepResult, commit: CommitID?) {
    let log = try record.stepStarted(0, StepRunner.fetchName)
    var result: StepResult
    var commit: CommitID?
    var wentBack: Bool?
    do throws(RunnerFailure) {
      let channel = try Descriptor.pipe()
      // libgit2's own deadline comes first and has the better words; this is for when it does not come back.
      let limit = Seconds(spec.fetchTimeout.value + 5)
      let end = try supervise(log: log, cgroup: nil, limit: limit, runLimit: runLimit, grace: .seconds(1)) {
        output throws(RunnerFailure) in
        try ChildProcess.fork(output: output) {
          MemoryLimit.set((spec.fetchLimits ?? FetchLimits()).memory)
          let work = FetchWork(spec: spec, credentials: credentials) { line in
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
      case .done(let id, let isBack)? where end.interruption == nil:
        result.reason = nil
        commit = CommitID(id)
        if isBack { wentBack = true }
      case .superseded(let run, let reason)? where end.interruption == nil:
        result.state = .cancelled
        result.status = nil
        result.reason = reason
        result.endsRun = .superseded
        result.supersededBy = run
        try? log.write(reason + "\n")
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
    bringToDisk(log, &result)
    if result.state != .succeeded { (commit, wentBack) = (nil, nil) }
    try record.stepFinished(0, StepRunner.fetchName, result, log: log, commit: commit, wentBack: wentBack)
    return (result, commit)
  }

  /// A step whose log is not on the disk has not succeeded: nobody could say what it did.
  private func bringToDisk(_ log: LogWriter, _ result: inout StepResult) {
    do {
      try log.sync()
    } catch {
      guard result.state == .succeeded else { return }
      result.state = .failed
      result.reason = "the log could not be written: \(error)"
    }
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

  private func supervise(
    log: LogWriter, cgroup: Cgroup?, logLimit: LogLimit? = nil, limit: Seconds?, runLimit: Instant?, grace: Duration,
    start: (Descriptor) throws(RunnerFailure) -> pid_t
  ) throws(RunnerFailure) -> Supervision.End {
    var output = Optional(try Descriptor.pipe(size: LogPump.size))
    guard let ends = output else { throw RunnerFailure("cannot make a pipe") }
    let process = try start(ends.writing)
    let pump = LogPump(pipe: ends.reading, log: log, masker: record.masker, limit: logLimit)
    output = nil
    let supervision = Supervision(
      process: process, pump: pump, tree: ProcessTree(cgroup: cgroup), control: control,
      limits: .init(step: limit.map { .now + $0.duration }, run: runLimit, grace: grace))
    return supervision.watch { interruption in
      switch interruption {
      case .stopped(let request): record.stopping(reason: request.reason)
      case .runTime: record.stopping(reason: "the run's time limit of \(spec.request.pipeline.timeout) was over")
      case .stepTime, .log, .logLimit: break
      }
    }
  }
}
