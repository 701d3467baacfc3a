import CLinux
import Glibc

/// The process that the launcher started: it makes the runner, waits for it, and cleans up after it.
///
/// Kill the runner with -9 and its steps would live on. The guardian has nothing to do and no secrets to lose; it is
/// the parent of the runner and, as a child subreaper, of everything the runner leaves behind, and it ends all of
/// that. Should the guardian itself die, the kernel tells the runner (`RunnerSignals.guardianDeath`), which then ends
/// its steps and itself. Either way the run's lock is free at once, and the agent sees that the run was interrupted.
struct Guardian {
  let cgroup: Cgroup?
  /// The process that started the guardian.
  let launcher: pid_t

  /// Goes on as two processes: returns in the runner, ends with the runner's exit code in the guardian.
  ///
  /// Only while this process has a single thread.
  static func split() throws(RunnerFailure) -> Guardian {
    pushrod_set_undumpable()
    pushrod_set_child_subreaper()
    // Not by its process number alone: that comes back after a restart, and whoever ends what an old run left must not
    // find a new one under the name.
    let cgroup = Cgroup.make(name: "pushrod-run-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36))")
    let guardian = Guardian(cgroup: cgroup, launcher: getppid())
    let parent = getpid()
    let forwarded = [SIGTERM, SIGINT, SIGHUP, SIGCHLD]
    let signals = pushrod_signal_descriptor(forwarded, forwarded.count)
    let runner = pushrod_fork()
    guard runner >= 0, signals >= 0 else { throw .last("start the runner") }
    if runner > 0 { guardian.guardRunner(runner, signals: signals) }
    close(signals)
    RunnerSignals.unblock()
    pushrod_set_child_subreaper()
    pushrod_set_parent_death_signal(RunnerSignals.guardianDeath)
    guard getppid() == parent else { throw RunnerFailure("the guardian was killed") }
    setsid()
    return guardian
  }

  /// What the runner exits with where it has ended all it started but what may stay (`detach`): nothing is to be cleaned up
  /// after it. To the world it is a 0.
  static let leavesBehind: Int32 = 117

  private func guardRunner(_ runner: pid_t, signals: Int32) -> Never {
    // The launcher's line is the runner's to read, and its end must be seen.
    if let nothing = Descriptor.open("/dev/null", O_RDWR) { dup2(nothing.raw, 0) }
    let tree = ProcessTree(cgroup: cgroup)
    var usage = ProcessTree.Usage()
    var status: Int32?
    while true {
      status = tree.reap(awaiting: runner, &usage)
      if status != nil { break }
      ProcessTree.goOn(runner)
      var entry = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
      poll(&entry, 1, -1)
      while case let signal = pushrod_next_signal(signals), signal != 0 {
        if signal != SIGCHLD { kill(runner, signal) }
      }
    }
    if let status, ExitStatus(waitStatus: status) == .exited(Guardian.leavesBehind) { _exit(0) }
    _ = tree.kill(&usage, awaiting: 0, &status)
    cgroup?.remove()
    switch ExitStatus(waitStatus: status ?? 0) {
    case .exited(let code): _exit(code)
    case .signalled(let signal): _exit(128 + signal)
    }
  }
}
