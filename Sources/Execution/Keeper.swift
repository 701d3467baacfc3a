import CLinux
import FoundationEssentials
import Glibc
import Model
import RunDirectory

/// The process above one step: it starts the step, moves what it writes to the log, keeps its time limit, tries it again,
/// ends its whole tree, and tells the runner how it came out.
///
/// It is a child subreaper, so what a step leaves in the background belongs to that step and to no other, also without
/// control groups; and the masking of several steps uses several processors. It dies with the runner.
struct Keeper {
  let spec: RunSpec
  let directory: RunDirectory
  let masker: Masker
  /// The run's.
  let cgroup: Cgroup?
  let environment: StepEnvironment
  let job: StepJob
  let log: LogWriter
  let news: Descriptor
  let orders: KeeperOrders

  /// Goes on as two processes, of which one is the step's keeper. Only while this process has a single thread.
  static func start(
    spec: RunSpec, directory: RunDirectory, masker: Masker, cgroup: Cgroup?, environment: StepEnvironment, job: StepJob,
    log: LogWriter
  ) throws(RunnerFailure) -> KeptStep {
    let news = try Descriptor.pipe()
    let orders = try Descriptor.pipe()
    guard let nothing = Descriptor.open("/dev/null", O_WRONLY) else { throw .last("open /dev/null") }
    let process = try ChildProcess.fork(output: nothing) {
      // The run's lock and the control socket are the runner's alone.
      let kept = (log.descriptors + [news.writing.raw, orders.reading.raw]).sorted()
      pushrod_close_all_but(kept, kept.count)
      pushrod_set_child_subreaper()
      guard let ears = KeeperOrders(orders.reading) else { return 1 }
      let keeper = Keeper(
        spec: spec, directory: directory, masker: masker, cgroup: cgroup, environment: environment, job: job, log: log,
        news: news.writing, orders: ears)
      keeper.work()
    }
    return KeptStep(job: job, log: log.name, process: process, news: news.reading, orders: orders.writing)
  }

  private func work() -> Never {
    let start = Instant.now
    let keeping = StepKeeping(
      job.step, spec: spec, directory: directory, masker: masker, say: { try? log.writeLine(masker.masked($0)) },
      isStopped: {
        _ = orders.wait(for: -1, until: .now)
        return orders.isStopped
      })
    keeping.begin()
    var number = 1
    var attempt = once(number, LogLimit(spec.request.pipeline.limits(of: job.step)))
    while mayRepeat(attempt, after: number), let retry = job.step.retry {
      let pause = retry.pause(beforeRepetition: number)
      let reason = masker.masked(attempt.result.explanation ?? "failed")
      number += 1
      let left = pause.value > 0 ? "; the next begins in \(pause)" : ""
      try? log.writeLine("pushrod: try \(number - 1) of \(retry.times + 1): \(reason)\(left)")
      orders.pause(until: .now + pause.duration)
      for note in orders.takeNotes() { try? log.writeLine(note) }
      let before = attempt.result
      if orders.isStopped {
        attempt.result.state = .cancelled
        attempt.result.wasOrdered = true
      } else if !orders.isLastTry {
        tell(.retried(number: number, reason: reason))
        attempt = once(number, attempt.logLimit)
        attempt.result.usage.cpu += before.usage.cpu
        attempt.result.usage.peakMemory = max(attempt.result.usage.peakMemory, before.usage.peakMemory)
      }
    }
    keeping.end(succeeded: attempt.result.state == .succeeded)
    attempt.result.wall = start.duration(to: .now)
    attempt.result.bringToDisk(log)
    attempt.result.logSize = log.size
    if attempt.result.isDetached { pushrod_set_parent_death_signal(0) }
    tell(.ended(attempt.result))
    if let held = attempt.held { hold(held) }
    _exit(0)
  }

  /// One try of the step.
  private struct Attempt {
    var result: StepResult
    /// What the log still takes.
    var logLimit: LogLimit?
    /// Whether another try would make sense.
    var isRepeatable = true
    /// What stays behind, where it does.
    var held: (pump: LogPump, cgroup: Cgroup?)?
  }

  /// - Parameter logLimit: what the log still takes, after the tries before.
  private func once(_ number: Int, _ logLimit: LogLimit?) -> Attempt {
    let file = OutputFile(directory, step: job.index)
    var attempt: Attempt
    do throws(RunnerFailure) {
      try file.make()
      let variables = environment.variables(for: job, try: number, outputFile: file.path)
      attempt = try supervise(variables, number, logLimit)
    } catch {
      try? log.writeLine("pushrod: \(masker.masked(error.description))")
      attempt = Attempt(result: .notStarted(error), logLimit: logLimit)
    }
    take(file.take(), &attempt)
    return attempt
  }

  private func supervise(
    _ variables: [String], _ number: Int, _ logLimit: LogLimit?
  ) throws(RunnerFailure) -> Attempt {
    let leaf = cgroup?.child("step-\(job.index)" + (number > 1 ? "-\(number)" : ""))
    var stays = false
    defer { if !stays { leaf?.remove() } }
    let confinement = try StepConfinement(job.step, of: spec.request.pipeline, cgroup: leaf)
    try WorkspaceOwner(spec: spec).give(to: confinement.user)
    var files: UserFiles?
    if let user = confinement.user { files = try UserFiles(user, environment: variables) }
    defer { files?.finish() }
    let program = try confinement.enclosed(
      confinement.confined(
        try StepProgram.program(
          for: job.step, workspace: spec.workspace, environment: files?.environment ?? variables))
    ) { sandbox in
      SandboxMounts(
        sandbox: sandbox, spec: spec, directory: directory, home: environment.account(of: job.step).home,
        room: confinement.limits.memory)
    }
    let (process, reading) = try Keeper.start(program, isTerminal: confinement.hasTerminal, cgroup: leaf?.open())
    let pump = LogPump(pipe: reading, log: log, masker: masker, limit: logLimit)
    var end = Supervision(
      process: process, pump: pump, tree: ProcessTree(cgroup: leaf), waiter: orders,
      limits: .init(
        step: job.limit.map { .now + $0.duration }, run: nil, grace: spec.request.pipeline.grace.duration),
      mayLeaveBehind: job.step.isDetached == true, usage: confinement.watch, isEnclosed: confinement.sandbox != nil
    ).watch()
    confinement.explain(&end)
    var attempt = Attempt(
      result: StepResult(end, timeout: job.limit, runTimeout: spec.request.pipeline.timeout),
      logLimit: pump.limit)
    if end.isDetached {
      attempt.held = (pump, leaf)
      stays = true
    }
    switch end.interruption {
    case .log, .logLimit: attempt.isRepeatable = false
    case .stopped, .ordered, .stepTime, .runTime, .limit, nil: break
    }
    return attempt
  }

  /// The output's writing end is the program's alone when this returns.
  private static func start(
    _ program: ChildProcess.Program, isTerminal: Bool, cgroup: Descriptor?
  ) throws(RunnerFailure) -> (pid_t, Descriptor) {
    let ends = try TerminalOutput.ends(isTerminal: isTerminal)
    return (try ChildProcess.start(program, output: ends.writing, cgroup: cgroup), ends.reading)
  }

  /// Reads what the step hands on. One that wrote nonsense has not succeeded: a later step would miss the value.
  private func take(_ bytes: [UInt8], _ attempt: inout Attempt) {
    guard !bytes.isEmpty else { return }
    var complaint: String?
    if bytes.count > StepOutputs.longestFile {
      complaint = "$PUSHROD_OUTPUT is longer than \(StepOutputs.longestFile) bytes"
    } else {
      do throws(StepOutputs.Refusal) {
        attempt.result.outputs = try StepOutputs.read(bytes, secrets: Set(environment.secrets.keys))
      } catch {
        complaint = error.words
      }
    }
    guard let complaint else { return }
    try? log.writeLine("pushrod: \(masker.masked(complaint))")
    guard attempt.result.state == .succeeded else { return }
    attempt.result.state = .failed
    attempt.result.reason = complaint
  }

  private func mayRepeat(_ attempt: Attempt, after number: Int) -> Bool {
    guard let retry = job.step.retry, number <= retry.times, attempt.isRepeatable, !orders.isStopped, !orders.isLastTry
    else {
      return false
    }
    let result = attempt.result
    return (result.state == .failed || result.state == .timedOut) && !result.hasSurvivors && !result.isDetached
  }

  private func tell(_ word: KeeperNews) {
    guard var bytes = (try? JSON.encoder().encode(word)).map(Array.init) else { return }
    bytes.append(UInt8(ascii: "\n"))
    _ = news.writeAll(bytes)
  }

  /// Stays above what the step left behind, as long as that lives, and drops what it writes: with nobody to read it, the
  /// first line would kill it.
  private func hold(_ held: (pump: LogPump, cgroup: Cgroup?)) -> Never {
    let kept = ([held.pump.pipe.raw] + orders.descriptors).sorted()
    pushrod_close_all_but(kept, kept.count)
    let tree = ProcessTree(cgroup: held.cgroup)
    var output = held.pump.pipe.raw
    var usage = ProcessTree.Usage()
    while true {
      _ = tree.reap(awaiting: 0, &usage)
      if tree.isEmpty { break }
      if orders.wait(for: output, until: nil), held.pump.discard() == .ended { output = -1 }
      _ = orders.takeChildEnded()
    }
    held.cgroup?.remove()
    cgroup?.remove()
    _exit(0)
  }
}

extension Retry {
  /// - Parameter number: 1 for the first repetition.
  func pause(beforeRepetition number: Int) -> Seconds {
    var pause = wait.value
    for _ in 1..<max(number, 1) { pause = min(pause * max(backoff ?? 1, 1), Retry.longestPause) }
    return Seconds(min(pause, Retry.longestPause))
  }
}
