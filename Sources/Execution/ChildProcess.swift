import CLinux
import Glibc

/// Makes children of the runner.
enum ChildProcess {
  /// A program to start.
  struct Program {
    /// Absolute.
    var path: String
    var arguments: [String]
    /// `NAME=value`; nothing else is in the program's environment.
    var environment: [String]
    /// Absolute.
    var directory: String
    /// On how many processors it may run; `nil`: on those of this process.
    var processors: Int?
    /// From 0 (first) to 7, among those who want the disk at the same time; `nil`: that of this process.
    var diskPriority: Int32?
    /// `nil`: that of this process.
    var user: SystemUser?
    /// `output` is a terminal.
    var hasTerminal = false
  }

  /// Starts a program with `output` as its standard output and error, and nothing to read.
  /// - Throws: `RunnerFailure` with the reason for the person who wrote the step.
  static func start(
    _ program: Program, output: Descriptor, cgroup: Descriptor?
  ) throws(RunnerFailure) -> pid_t {
    guard let input = Descriptor.open("/dev/null", O_RDONLY) else { throw .last("open /dev/null") }
    var arguments: [UnsafeMutablePointer<CChar>?] = program.arguments.map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = program.environment.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var operation: UnsafePointer<CChar>?
    // What a step opens again by another name (`/dev/stdout`) must be its user's.
    if let user = program.user { fchown(output.raw, user.user, user.group) }
    let id = program.path.withCString { path in
      program.directory.withCString { directory in
        arguments.withUnsafeMutableBufferPointer { arguments in
          environment.withUnsafeMutableBufferPointer { environment in
            withUser(program.user) { user in
              var raw = pushrod_program(
                path: path, arguments: arguments.baseAddress, environment: environment.baseAddress,
                directory: directory, input: input.raw, output: output.raw, cgroup: cgroup?.raw ?? -1,
                processors: Int32(clamping: program.processors ?? 0), disk_priority: program.diskPriority ?? -1,
                user: user, terminal: program.hasTerminal ? 1 : 0)
              return pushrod_spawn(&raw, &operation)
            }
          }
        }
      }
    }
    guard id > 0 else { throw failure(operation.map { String(cString: $0) } ?? "start", program, -id) }
    return id
  }

  private static func withUser<Result>(
    _ user: SystemUser?, _ body: (UnsafePointer<pushrod_user>?) -> Result
  ) -> Result {
    guard let user else { return body(nil) }
    return user.groups.withUnsafeBufferPointer { groups in
      var raw = pushrod_user(
        user: user.user, group: user.group, groups: groups.baseAddress, group_count: groups.count)
      return withUnsafePointer(to: &raw, body)
    }
  }

  private static func failure(_ operation: String, _ program: Program, _ code: Int32) -> RunnerFailure {
    switch (operation, program.user) {
    case ("become the user", let user?):
      RunnerFailure("cannot run as the user `\(user.name)`: " + (SystemUser.problem ?? reason(code)))
    case ("enter the folder", let user?):
      RunnerFailure(
        "cannot enter the folder `\(program.directory)` as the user `\(user.name)`: \(reason(code)); the folders above it must let that user through (chmod o+x)"
      )
    case ("enter the folder", nil): RunnerFailure("cannot enter the folder `\(program.directory)`: \(reason(code))")
    default: RunnerFailure("cannot \(operation) `\(program.path)`: \(reason(code))")
    }
  }

  /// Goes on as two processes; the child does `work` with its standard output and error in `output`, and ends.
  ///
  /// Only while this process has a single thread.
  static func fork(output: Descriptor, work: () -> Int32) throws(RunnerFailure) -> pid_t {
    let parent = getpid()
    let id = pushrod_fork()
    guard id >= 0 else { throw .last("start a process") }
    if id == 0 {
      pushrod_set_parent_death_signal(SIGKILL)
      guard getppid() == parent else { _exit(1) }
      setsid()
      RunnerSignals.unblock()
      dup2(output.raw, 1)
      dup2(output.raw, 2)
      _exit(work())
    }
    return id
  }

  private static func reason(_ code: Int32) -> String {
    code == E2BIG
      ? "the script and its environment are longer than the kernel takes (128 KiB for one value); put the script into a file of the repository"
      : String(cString: strerror(code))
  }
}
