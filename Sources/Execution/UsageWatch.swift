import Glibc
import Model

/// Keeps a step within limits that the kernel does not keep for it: looks at its processes again and again.
struct UsageWatch {
  /// Bytes; `nil`: no limit.
  private let memory: Int?
  private let processes: Int?
  private(set) var nextLook = Instant.now
  /// The most memory seen, in bytes.
  private(set) var peakMemory = 0

  /// A process that takes all it can get has some hundred megabytes more after this time.
  private static let interval = Duration.milliseconds(50)

  /// `nil` where the kernel does it all, or there is no such limit.
  init?(_ limits: StepLimits, kept: Cgroup.Kept) {
    memory = kept.memory ? nil : limits.memory
    processes = kept.processes ? nil : limits.processes
    guard memory != nil || processes != nil else { return nil }
  }

  /// - Returns: which limit the step's processes are over, in a sentence.
  mutating func look(at tree: ProcessTree) -> String? {
    let start = Instant.now
    defer {
      // Where there is much to look at, no more than half of the time goes into it.
      nextLook = .now + max(UsageWatch.interval, start.duration(to: .now))
    }
    // What multiplies must be noticed before all of it could be looked at.
    if let processes, let threads = tree.cgroup?.threadCount, threads > processes {
      return StepLimits.processesSentence(processes)
    }
    let members = tree.members()
    if let processes {
      guard members.count <= processes else { return StepLimits.processesSentence(processes) }
      let threads = members.reduce(0) { $0 + UsageWatch.threads(of: $1) }
      if threads > processes { return StepLimits.processesSentence(processes) }
    }
    if let memory {
      var used = members.reduce(0) { $0 + UsageWatch.residentMemory(of: $1) }
      // Memory that several processes share counts once; the kernel takes its time to tell.
      if used > memory { used = members.reduce(0) { $0 + UsageWatch.proportionalMemory(of: $1) } }
      peakMemory = max(peakMemory, used)
      if used > memory { return StepLimits.memorySentence(memory) }
    }
    return nil
  }

  /// proc_pid_stat(5), the twentieth field; the name in the second may hold blanks.
  private static func threads(of pid: pid_t) -> Int {
    guard let stat = SmallFile.read("/proc/\(pid)/stat", limit: 4096), let close = stat.lastIndex(of: ")") else {
      return 0
    }
    let fields = stat[stat.index(after: close)...].split(separator: " ")
    return fields.count > 17 ? Int(fields[17]) ?? 1 : 1
  }

  /// proc_pid_statm(5), the second field, in pages.
  private static func residentMemory(of pid: pid_t) -> Int {
    let fields = (SmallFile.read("/proc/\(pid)/statm", limit: 4096) ?? "").split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
  }

  /// The `Pss` of proc_pid_smaps(5); the resident memory where it cannot be read.
  private static func proportionalMemory(of pid: pid_t) -> Int {
    let text = SmallFile.read("/proc/\(pid)/smaps_rollup", limit: 65_536) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") }
    let words = line?.split(separator: " ") ?? []
    return words.count > 1 ? (Int(words[1]) ?? 0) << 10 : residentMemory(of: pid)
  }
}

extension StepLimits {
  /// What is said of a step that was ended for its memory: the same whoever noticed.
  static func memorySentence(_ bytes: Int) -> String { "used more than `limits.memory` of \(ByteSize.words(bytes))" }

  static func processesSentence(_ count: Int) -> String {
    "had more processes and threads than `limits.processes` of \(count)"
  }
}
