import CLinux
import Glibc
import Model
import RunDirectory

/// One run in this process: from the launcher's line to the run's last event.
public enum Runner {
  /// Carries out the run that the line on standard input names, or answers the question that it asks.
  /// - Parameter directory: where given, it must be the one of the line.
  /// - Returns: the process's exit code: 0 when the run has its last event, whatever its result; 2 for a line that
  ///   cannot be used; 1 where the runner could not do its own work.
  public static func run(directory: String?) -> Int32 {
    let start = Instant.now
    do {
      let guardian = try Guardian.split()
      // Reading the line gives standard input away, and a question is answered where it came from.
      var channel: Descriptor? = Descriptor(fcntl(0, F_DUPFD_CLOEXEC, 3))
      let handover = try HandoverLine.decode(Handover.self, from: try HandoverLine.read())
      if let question = handover.question, let channel {
        return OrderWork(question: question).run(answeringOn: channel)
      }
      if let upkeep = handover.upkeep, let channel {
        try Upkeep.carryOut(upkeep, answeringOn: channel)
        return 0
      }
      if handover.asksAbilities == true, let channel {
        return AbilityCheck.run(guardian.cgroup, answeringOn: channel)
      }
      channel = nil
      guard directory == nil || directory == handover.directory else {
        throw UsageFailure("the run directory in the argument and the one on standard input differ")
      }
      return try carryOut(handover, guardian: guardian, start: start) ? Guardian.leavesBehind : 0
    } catch let failure as UsageFailure {
      return complain(failure.description, code: 2)
    } catch {
      return complain("\(error)", code: 1)
    }
  }

  /// - Returns: whether something that a step left in the background goes on, as it may.
  private static func carryOut(_ handover: Handover, guardian: Guardian, start: Instant) throws -> Bool {
    guard handover.directory.hasPrefix("/") else {
      throw UsageFailure("the run directory must be an absolute path")
    }
    let directory = RunDirectory(path: handover.directory)
    guard let lock = try directory.lock() else {
      throw RunnerFailure("\(directory.path) has a runner already")
    }
    let spec = try SpecCheck.checked(try directory.spec(), path: directory.specPath)
    let secrets = handover.secrets.filter { spec.request.pipeline.secrets.contains($0.key) }
    let masker = Masker(MaskPatterns.patterns(of: Array(secrets.values) + handover.credentials.flatMap(\.secrets)))
    let record = try RunRecord(directory, masker: masker)
    let control: ControlServer
    do {
      control = try listen(directory, guardian)
    } catch {
      // Where it could not begin has its end on record all the same: it was not killed.
      try record.runFinished(
        RunOutcome(.failed, reason: "the run could not begin: \(error)"), took: start.duration(to: .now))
      return false
    }
    defer { unlink(directory.controlPath) }
    // Without an agent, nobody else is there to follow it or to end it.
    if spec.isLocal == true { control.ends(with: guardian.launcher) }
    umask(0o022)
    guardian.cgroup?.provide(Cgroup.controllers(for: spec.request.pipeline), moving: [getpid(), getppid()])
    let environment = StepEnvironment(spec: spec, directory: directory, secrets: secrets, account: .current())
    let steps = StepRunner(
      spec: spec, record: record, cgroup: guardian.cgroup, control: control, environment: environment)
    let path = RunPath(
      spec: spec, record: record, steps: steps, credentials: CredentialMatching(handover.credentials),
      secrets: SecretCheck(names: spec.request.pipeline.secrets, values: secrets))
    try path.travel(from: start, cgroup: guardian.cgroup?.path)
    _ = consume lock
    Leftovers.remove(beside: directory)
    guard !steps.detached.isEmpty else { return false }
    _ = ProcessTree(cgroup: nil).killOrphans(besides: steps.detached.processes)
    return true
  }

  private static func listen(_ directory: RunDirectory, _ guardian: Guardian) throws -> ControlServer {
    let signals = try RunnerSignals(guardian: getppid()) {
      // Nobody is left to clean up after this process, so it does so itself, and the run is interrupted.
      var (usage, status) = (ProcessTree.Usage(), Int32?.none)
      _ = ProcessTree(cgroup: guardian.cgroup).kill(&usage, awaiting: 0, &status)
      guardian.cgroup?.remove()
      _exit(1)
    }
    return try ControlServer(directory, signals: signals)
  }

  private static func complain(_ sentence: String, code: Int32) -> Int32 {
    let bytes = Array("pushrod-runner: \(sentence)\n".utf8)
    _ = write(2, bytes, bytes.count)
    return code
  }
}

/// The runner was called in a way it cannot be called.
struct UsageFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
