import FoundationEssentials
import Glibc
import Model

/// Finds out what this machine lets runners do for steps.
enum AbilityCheck {
  /// - Returns: the process's exit code.
  static func run(_ cgroup: Cgroup?, answeringOn channel: Descriptor) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    guard var bytes = (try? JSON.encoder().encode(abilities(cgroup))).map(Array.init) else { return 1 }
    bytes.append(UInt8(ascii: "\n"))
    return channel.writeAll(bytes) ? 0 : 1
  }

  private static func abilities(_ cgroup: Cgroup?) -> RunnerAbilities {
    let controllers = ["memory": "memory", "pids": "processes", "cpu": "cpu", "io": "io"]
    let present = cgroup?.provide(controllers.keys.sorted(), moving: [getpid(), getppid()]) ?? []
    return RunnerAbilities(
      kernelLimits: present.compactMap { controllers[$0] }.sorted(), noSandbox: SandboxProgram.problem,
      noUsers: SystemUser.problem, isRoot: geteuid() == 0)
  }
}
