import Foundation
import Model
import TestSupport
import Testing

@testable import Execution

/// Steps that take more than they may, with whatever this machine has to keep them from it.
@Suite("Limits on what a step uses")
struct UsageLimitTests {
  private static func step(_ run: String, _ limits: StepLimits) -> Step {
    var step = Step(name: "a", run: run)
    step.limits = limits
    return step
  }

  private static func run(_ script: String, _ limits: StepLimits) throws -> RunRecordRead {
    try RunFixture().run(.init(steps: [step(script, limits)], timeout: 60, grace: 1))
  }

  /// A Python program that holds so many megabytes, in so many processes each, until it is ended.
  private static func hold(megabytes: Int, processes: Int = 1, shared: Int = 0) -> String {
    """
    cat > hold.py <<'E'
    import os, time
    shared = bytearray(os.urandom(1 << 20) * \(shared))
    for child in range(\(processes - 1)):
      if os.fork() == 0: break
    own = bytearray(os.urandom(1 << 20) * \(megabytes))
    time.sleep(5 if \(shared) else 1000)
    E
    python3 hold.py
    """
  }

  @Test("a step that takes too much memory is ended at once, and that is named as the cause")
  func memory() throws {
    let mark = "memory-\(UUID().uuidString)"
    let script = "\(StoppingTests.daemon(mark))\ntrap '' TERM\n" + Self.hold(megabytes: 400)
    let run = try Self.run(script, StepLimits(memory: 150 << 20))
    #expect(
      run.end?.reason == #"step "a" failed: used more than `limits.memory` of 150 MB"#, "\(run.end?.reason ?? "")")
    #expect(try #require(run.finished(1)?.usage).peakMemory > 140 << 20)
    #expect(StoppingTests.processes(with: mark).isEmpty)
  }

  @Test("the memory of all its processes counts together, and what they share counts once")
  func together() throws {
    let several = try Self.run(Self.hold(megabytes: 60, processes: 4), StepLimits(memory: 150 << 20))
    #expect(several.end?.reason?.contains("limits.memory") == true, "\(several.end?.reason ?? "")")
    let shared = try Self.run(Self.hold(megabytes: 1, processes: 6, shared: 60), StepLimits(memory: 150 << 20))
    #expect(shared.end?.runState == .succeeded, "\(shared.end?.reason ?? "")")
  }

  @Test("too many processes are not had")
  func processes() throws {
    let mark = "processes-\(UUID().uuidString)"
    let script = "i=0; while [ $i -lt 60 ]; do i=$((i + 1)); sh -c 'sleep 1000' \(mark) & done; sleep 1000"
    let run = try Self.run(script, StepLimits(processes: 30))
    let reason = run.finished(1)?.reason ?? ""
    #expect(run.end?.runState != .succeeded)
    #expect(reason.contains("limits.processes` of 30"), "\(reason)")
    #expect(StoppingTests.processes(with: mark).isEmpty)
    #expect(try Self.run("sleep 0.3 & sleep 0.3 & wait", StepLimits(processes: 30)).end?.runState == .succeeded)
  }

  @Test("a fork bomb ends with its step")
  func bomb() throws {
    let mark = "bomb-\(UUID().uuidString)"
    // Of 2^8 shells, so that the machine is still there where the limit is not.
    let script = """
      cat > bomb.sh <<'E'
      trap '' TERM
      [ $2 -gt 7 ] || { sh bomb.sh $1 $(($2 + 1)) & sh bomb.sh $1 $(($2 + 1)) & }
      sleep 1000
      E
      sh bomb.sh \(mark) 1
      """
    let run = try Self.run(script, StepLimits(processes: 64))
    #expect(run.finished(1)?.reason?.contains("limits.processes` of 64") == true, "\(run.finished(1)?.reason ?? "")")
    #expect(StoppingTests.processes(with: mark).isEmpty)
  }

  @Test(
    "where the kernel does not keep it, a share of processor time is a number of processors, and of the disk a priority"
  )
  func shares() throws {
    let run = try Self.run("nproc; ionice -p $$", StepLimits(cpu: 0.5, io: 50))
    #expect(run.end?.runState == .succeeded)
    let lines = try run.log(1).split(separator: "\n")
    #expect(lines.first == "1" || ProcessInfo.processInfo.activeProcessorCount == 1 || Self.hasController("cpu"))
    #expect(lines.last == "best-effort: prio 5" || Self.hasController("io"), "\(lines)")
    #expect(
      [1, 12, 25, 50, 99, 100, 199, 200, 800, 10_000].map(StepConfinement.diskPriority)
        == [7, 7, 6, 5, 5, 4, 4, 3, 1, 0])
  }

  private static func hasController(_ name: String) -> Bool {
    let mount = Cgroup.mountPoint(in: SmallFile.read("/proc/self/mountinfo") ?? "")?.path ?? "/none"
    return SmallFile.read(mount + "/cgroup.controllers")?.split { $0 == " " || $0 == "\n" }.contains { $0 == name }
      == true
  }

  @Test("limits without a controller are watched over, the others are the kernel's")
  func kept() throws {
    let folder = try TemporaryDirectory("cgroup")
    for file in ["memory.max", "memory.oom.group", "cpu.max"] { try folder.write(file, "") }
    let cgroup = Cgroup(path: folder.path)
    let limits = StepLimits(memory: 2 << 30, cpu: 1.5, processes: 512, io: 50)
    let kept = cgroup.keep(limits)
    #expect(kept == Cgroup.Kept(memory: true, cpu: true))
    #expect(try folder.read("memory.max") == "2147483648\n")
    #expect(try folder.read("memory.oom.group") == "1\n")
    #expect(try folder.read("cpu.max") == "150000 100000\n")
    #expect(UsageWatch(limits, kept: kept) != nil)
    #expect(UsageWatch(StepLimits(memory: 1), kept: kept) == nil)
    let confinement = StepConfinement(limits, cgroup: cgroup)
    let program = confinement.confined(.init(path: "/bin/sh", arguments: [], environment: [], directory: "/"))
    #expect(program.processors == nil)
    #expect(program.diskPriority == 5)
  }

  @Test("what the kernel did for want of memory or processes is told as that")
  func explained() throws {
    let folder = try TemporaryDirectory("cgroup")
    for file in ["memory.max", "pids.max"] { try folder.write(file, "") }
    let confinement = StepConfinement(StepLimits(memory: 1 << 30, processes: 9), cgroup: Cgroup(path: folder.path))
    try folder.write("memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\n")
    try folder.write("memory.peak", "1073741824\n")
    var end = Supervision.End(status: .signalled(9))
    confinement.explain(&end)
    #expect(end.interruption == nil)
    #expect(end.usage.peakMemory == 1 << 30)
    try folder.write("memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 3\noom_group_kill 1\n")
    try folder.write("pids.events", "max 4\n")
    confinement.explain(&end)
    #expect(end.interruption == .limit("used more than `limits.memory` of 1 GB"))
    #expect(end.note == "was refused more processes and threads than `limits.processes` of 9")
  }

  @Test("a runner that is alone in its group makes room for controllers; where others are, it does not")
  func delegation() throws {
    // Not every system has a controller to spare in the tree: the mechanism is the same with each.
    guard let mount = Cgroup.mountPoint(in: SmallFile.read("/proc/self/mountinfo") ?? "")?.path, geteuid() == 0,
      let controller = SmallFile.read(mount + "/cgroup.controllers")?.split(whereSeparator: \.isWhitespace).first.map(
        String.init),
      SmallFile.write("+\(controller)", to: mount + "/cgroup.subtree_control")
    else { return print("not tried: no controller of a cgroup v2 tree can be passed on here") }
    let unit = Cgroup(path: "\(mount)/pushrod-test-\(UUID().uuidString)")
    #expect(mkdir(unit.path, 0o755) == 0)
    let run = Cgroup(path: unit.path + "/run")
    #expect(mkdir(run.path, 0o755) == 0)
    let sleepers = try (0..<2).map { _ in try ServerProcess(["sleep", "1000"], output: "/dev/null") }
    defer {
      for sleeper in sleepers { sleeper.stop() }
      for path in [run.path + "/step", run.path, unit.path + "/pushrod-runner", unit.path] {
        Cgroup(path: path).remove()
      }
    }
    for sleeper in sleepers { #expect(SmallFile.write("\(sleeper.pid)", to: unit.path + "/cgroup.procs")) }
    let own = Set(sleepers.map(\.pid))
    #expect(run.provide([controller], moving: [sleepers[0].pid]).isEmpty)
    #expect(Set(unit.processes) == own)
    #expect(run.provide([controller], moving: own) == [controller])
    #expect(unit.processes.isEmpty)
    let step = try #require(run.child("step"))
    #expect(SmallFile.read(step.path + "/cgroup.controllers")?.contains(controller) == true)
  }
}
