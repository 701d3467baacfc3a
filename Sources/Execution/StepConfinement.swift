import Model

/// Keeps one step in its place: what the kernel is asked for before its program starts, what is watched while it runs, and
/// what is to be said of it afterwards.
struct StepConfinement {
  let limits: StepLimits
  /// The step's own group, where one could be made.
  let cgroup: Cgroup?
  let sandbox: Sandbox?
  /// Whom it runs as, where that is not this process's user.
  let user: SystemUser?
  let hasTerminal: Bool
  private let kept: Cgroup.Kept

  /// - Throws: `RunnerFailure` where there is no such user.
  init(_ step: Step, of pipeline: Pipeline, cgroup: Cgroup?) throws(RunnerFailure) {
    let user = try pipeline.user(of: step).map(SystemUser.init(named:))
    self.init(
      pipeline.limits(of: step), sandbox: pipeline.sandbox(of: step), user: user?.isOwn == true ? nil : user,
      hasTerminal: step.hasTerminal == true, cgroup: cgroup)
  }

  init(
    _ limits: StepLimits, sandbox: Sandbox? = nil, user: SystemUser? = nil, hasTerminal: Bool = false, cgroup: Cgroup?
  ) {
    self.limits = limits
    self.sandbox = sandbox
    self.user = user
    self.hasTerminal = hasTerminal
    self.cgroup = cgroup
    kept = cgroup?.keep(limits) ?? Cgroup.Kept()
  }

  /// The program in the sandbox, where there is to be one.
  /// - Parameter mounts: makes what the step sees in it.
  /// - Throws: `RunnerFailure` where it cannot be made.
  func enclosed(
    _ program: ChildProcess.Program, mounts: (Sandbox) -> SandboxMounts
  ) throws(RunnerFailure) -> ChildProcess.Program {
    guard let sandbox else { return program }
    return try SandboxProgram.enclosed(program, sandbox, mounts: mounts(sandbox))
  }

  /// The program as this step's user, with its terminal and its share of the machine.
  func confined(_ program: ChildProcess.Program) -> ChildProcess.Program {
    var program = program
    program.user = user
    program.hasTerminal = hasTerminal
    if hasTerminal, !program.environment.contains(where: { $0.hasPrefix("TERM=") }) {
      program.environment.append("TERM=" + TerminalOutput.type)
    }
    // Whole processors and a place in the queue of the disk are what there is without controllers.
    if let cpu = limits.cpu, !kept.cpu { program.processors = Int(cpu.rounded(.up)) }
    if let io = limits.io, !kept.io { program.diskPriority = StepConfinement.diskPriority(weight: io) }
    return program
  }

  var watch: UsageWatch? { UsageWatch(limits, kept: kept) }

  /// What the kernel did to the step, and what it used as a whole.
  func explain(_ end: inout Supervision.End) {
    if let peak = cgroup?.peakMemory { end.usage.peakMemory = max(end.usage.peakMemory, peak) }
    if kept.memory, let memory = limits.memory, cgroup?.ranOutOfMemory == true, end.interruption == nil {
      end.interruption = .limit(StepLimits.memorySentence(memory))
    }
    if kept.processes, let processes = limits.processes, cgroup?.ranOutOfProcesses == true {
      let note = "was refused more processes and threads than `limits.processes` of \(processes)"
      end.note = end.note.map { "\($0); \(note)" } ?? note
    }
  }

  /// From a weight, of which 100 is the usual one, to a priority among eight, of which 4 is; ioprio_set(2).
  static func diskPriority(weight: Int) -> Int32 {
    var (priority, usual): (Int32, Int) = (4, 100)
    while weight < usual, priority < 7 { (priority, usual) = (priority + 1, usual / 2) }
    while weight >= usual * 2, priority > 0 { (priority, usual) = (priority - 1, usual * 2) }
    return priority
  }
}
