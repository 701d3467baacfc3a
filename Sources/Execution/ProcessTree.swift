import Glibc

/// Everything that this process started, children of children included.
///
/// This process is a "child subreaper" (prctl(2)): whoever loses its parent becomes its child. So there are
/// descendants exactly as long as there are children, and a process that calls setsid(2) and forks twice is
/// still found. Where a cgroup could be made, it makes the killing atomic.
struct ProcessTree {
  let cgroup: Cgroup?

  /// What the kernel counted for processes that were collected.
  struct Usage: Equatable, Codable {
    var cpu: Double = 0
    /// Bytes; the largest single process.
    var peakMemory = 0
  }

  /// Collects what has ended, so that no zombie stays.
  /// - Parameter awaited: the process whose wait status is returned, where it is among them.
  func reap(awaiting awaited: pid_t, _ usage: inout Usage) -> Int32? {
    var result: Int32?
    while true {
      var status: Int32 = 0
      var resources = rusage()
      let pid = wait4(-1, &status, WNOHANG, &resources)
      if pid < 0 && errno == EINTR { continue }
      guard pid > 0 else { return result }
      usage.cpu += seconds(resources.ru_utime) + seconds(resources.ru_stime)
      usage.peakMemory = max(usage.peakMemory, resources.ru_maxrss * 1024)
      if pid == awaited { result = status }
    }
  }

  /// Has a child go on that somebody has stopped. A step may send SIGSTOP to those who watch it, as it may to any process of
  /// its user, and would have no time limit any more.
  static func goOn(_ child: pid_t) {
    var info = siginfo_t()
    guard waitid(P_PID, id_t(child), &info, WSTOPPED | WNOHANG) == 0, info.si_code == CLD_STOPPED else { return }
    Glibc.kill(child, SIGCONT)
  }

  /// No descendant is left, not even an uncollected one.
  var isEmpty: Bool {
    var info = siginfo_t()
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD
  }

  /// Asks every process to end, also those that are stopped.
  /// - Parameter spared: one that would take the others with it before they have tidied up.
  func terminate(besides spared: pid_t? = nil) {
    let members = members().filter { $0 != spared }
    for member in members { Glibc.kill(member, SIGTERM) }
    for member in members { Glibc.kill(member, SIGCONT) }
  }

  /// Ends every process.
  /// - Parameters:
  ///   - awaited: the process whose wait status goes to `status`, where it is among those that were collected.
  /// - Returns: false where some would not die for ten seconds (uninterruptible in the kernel).
  func kill(_ usage: inout Usage, awaiting awaited: pid_t, _ status: inout Int32?) -> Bool {
    let deadline = Instant.now + .seconds(10)
    var pause: useconds_t = 200
    if cgroup == nil { stop(until: .now + .seconds(5)) }
    while true {
      if let ended = reap(awaiting: awaited, &usage) { status = ended }
      if isEmpty { return true }
      if Instant.now >= deadline { return false }
      cgroup?.kill()
      // Also those that a privileged step has moved to another cgroup.
      for member in ProcessTable.descendants(of: getpid()) { Glibc.kill(member, SIGKILL) }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
  }

  /// Ends every process that is not one of `keepers` or below one.
  /// - Returns: false where some would not die for ten seconds.
  func killOrphans(besides keepers: Set<pid_t>) -> Bool {
    let deadline = Instant.now + .seconds(10)
    var pause: useconds_t = 200
    while true {
      var usage = Usage()
      _ = reap(awaiting: 0, &usage)
      let orphans = ProcessTable.descendants(of: getpid(), besides: keepers)
      if orphans.isEmpty { return true }
      if Instant.now >= deadline { return false }
      for orphan in orphans { Glibc.kill(orphan, SIGKILL) }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
  }

  /// Stops every process, before any is killed: who is killed makes room for one more of what multiplies.
  private func stop(until deadline: Instant) {
    var stopped: Set<pid_t> = []
    while Instant.now < deadline {
      let others = ProcessTable.descendants(of: getpid()).filter { !stopped.contains($0) }
      guard !others.isEmpty else { return }
      for other in others { Glibc.kill(other, SIGSTOP) }
      stopped.formUnion(others)
    }
  }

  /// Process names, for a sentence about them.
  func names(limit: Int) -> [String] {
    members().prefix(limit).map { ProcessTable.name(of: $0) }
  }

  /// Everything of it that lives.
  func members() -> [pid_t] {
    Array(Set(ProcessTable.descendants(of: getpid())).union(cgroup?.processes ?? []))
  }

  private func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}
