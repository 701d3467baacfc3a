import Glibc
import Model

/// Limits that the kernel keeps for all processes of a group together; `admin-guide/cgroup-v2` of kernel.org.
extension Cgroup {
  /// Which of a step's limits the kernel has taken on.
  struct Kept: Equatable {
    var memory = false
    var processes = false
    var cpu = false
    var io = false
  }

  /// Has the kernel keep those of the limits for which the group has a controller.
  func keep(_ limits: StepLimits) -> Kept {
    var kept = Kept()
    if let memory = limits.memory {
      kept.memory = set("memory.max", "\(memory)")
      if kept.memory {
        // What is moved to disk would be no limit at all, and half a step is of no use to anybody.
        _ = set("memory.swap.max", "0")
        _ = set("memory.oom.group", "1")
      }
    }
    if let processes = limits.processes { kept.processes = set("pids.max", "\(processes)") }
    if let cpu = limits.cpu { kept.cpu = set("cpu.max", "\(Int((cpu * 100_000).rounded())) 100000") }
    if let io = limits.io { kept.io = set("io.weight", "default \(io)") }
    return kept
  }

  /// Something in the group was ended because the group had no memory left.
  var ranOutOfMemory: Bool { count("oom_kill", in: "memory.events") > 0 }

  /// Something in the group could not make a process because there were too many.
  var ranOutOfProcesses: Bool { count("max", in: "pids.events") > 0 }

  /// The most memory that was in use at a time, in bytes; `nil` where the kernel does not count it (before Linux 5.19).
  var peakMemory: Int? {
    SmallFile.read(path + "/memory.peak").flatMap { Int($0.prefix { $0 != "\n" }) }
  }

  /// Threads of the processes in it, those in groups below not counted.
  var threadCount: Int? {
    SmallFile.read(path + "/cgroup.threads").map { $0.utf8.count { $0 == UInt8(ascii: "\n") } }
  }

  private func set(_ file: String, _ value: String) -> Bool { SmallFile.write(value + "\n", to: path + "/" + file) }

  private func count(_ key: String, in file: String) -> Int {
    for line in (SmallFile.read(path + "/" + file) ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == key { return Int(words[1]) ?? 0 }
    }
    return 0
  }
}
