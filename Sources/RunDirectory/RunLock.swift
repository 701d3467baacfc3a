import Glibc

/// Proof that this process is the run's one runner. Given back when the value goes, and by the kernel when
/// the process dies in whatever way.
public struct RunLock: ~Copyable, Sendable {
  private let file: OpenFile

  private init(_ file: OpenFile) { self.file = file }

  /// - Returns: `nil` where somebody else holds it.
  static func acquire(_ path: String) throws(RunDirectoryError) -> RunLock? {
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let permissions = try Permissions(inheritedFrom: parent)
    let file = try OpenFile(path, O_RDWR | O_CREAT, mode: permissions.file)
    _ = fchmod(file.descriptor, permissions.file)
    // `isLocked` of another process holds a shared lock for some microseconds; only a runner holds it longer.
    for attempt in 1...RunLock.attempts {
      if flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 { return RunLock(file) }
      guard errno == EWOULDBLOCK || errno == EINTR else { throw .last("lock", path) }
      if attempt < RunLock.attempts { usleep(2_000) }
    }
    return nil
  }

  private static let attempts = 25
}

extension RunDirectory {
  /// Makes this process the run's runner.
  /// - Returns: `nil` where another one is.
  public func lock() throws(RunDirectoryError) -> RunLock? {
    try RunLock.acquire(lockPath)
  }

  /// A runner is alive. Where that cannot be told (no descriptors left, no permission) the answer is yes:
  /// a living run must not be declared dead.
  public var isLocked: Bool {
    do {
      guard let file = try OpenFile.existing(lockPath) else { return false }
      return flock(file.descriptor, LOCK_SH | LOCK_NB) != 0
    } catch {
      return true
    }
  }

  /// A runner has been at work here, if only so far that half of its first event came to the disk, or nothing but a log.
  public var hasTraces: Bool {
    let log = path + "/" + RunDirectory.logName(step: 0, name: RunDirectory.fetchStep)
    return [eventsPath, log, RunDirectory.timesPath(ofLog: log)].contains { trace in
      var status = stat()
      return lstat(trace, &status) == 0
    }
  }

  /// The name of step 0, which every run begins with.
  public static let fetchStep = "fetch"
}
