import CLinux
import Glibc

/// What a run's steps started and nobody is left to end, because the runner and its guardian were killed at the same
/// time: found by the environment that every step was given.
///
/// The last resort, where there was no cgroup and systemd does not look after the runner. A process that has cleaned
/// its environment, or that the agent may not look at, is not found. Process numbers from earlier are never used: each
/// process is taken hold of first (pidfd_open(2)), looked at then, and ended through that hold, so that a number which
/// came to another process in between hits nobody.
struct StrayProcesses {
  private let marks: [[UInt8]]

  /// - Parameters:
  ///   - run: its number.
  ///   - workspace: its folder, which tells this agent's runs from another's.
  init(ofRun run: Int, workspace: String) {
    marks = ["PUSHROD_RUN=\(run)", "PUSHROD_WORKSPACE=\(workspace)"].map { Array($0.utf8) }
  }

  /// Ends them, and those that they start meanwhile; for at most two seconds.
  /// - Returns: how many were ended.
  @discardableResult
  func end() -> Int {
    let end = ContinuousClock.now + .seconds(2)
    var ended = 0
    repeat {
      let found = sweep()
      if found == 0 { return ended }
      ended += found
      usleep(5_000)
    } while ContinuousClock.now < end
    return ended
  }

  private func sweep() -> Int {
    guard let folder = opendir("/proc") else { return 0 }
    defer { closedir(folder) }
    var ended = 0
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard let pid = pid_t(name), pid != getpid() else { continue }
      if end(pid) { ended += 1 }
    }
    return ended
  }

  private func end(_ pid: pid_t) -> Bool {
    let process = pushrod_pidfd_open(pid)
    guard process >= 0 else { return false }
    defer { close(process) }
    return isMarked(pid) && pushrod_pidfd_send_signal(process, SIGKILL) == 0
  }

  /// A zombie has no environment any more.
  private func isMarked(_ pid: pid_t) -> Bool {
    let file = open("/proc/\(pid)/environ", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < StrayProcesses.longest {
      let count = read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    let variables = bytes.split(separator: 0)
    return marks.allSatisfy { mark in variables.contains { $0.elementsEqual(mark) } }
  }

  private static let longest = 4 << 20
}
