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
    let id = program.path.withCString { path in
      program.directory.withCString { directory in
        arguments.withUnsafeMutableBufferPointer { arguments in
          environment.withUnsafeMutableBufferPointer { environment in
            var raw = pushrod_program(
              path: path, arguments: arguments.baseAddress, environment: environment.baseAddress,
              directory: directory, input: input.raw, output: output.raw, cgroup: cgroup?.raw ?? -1)
            return pushrod_spawn(&raw, &operation)
          }
        }
      }
    }
    guard id > 0 else {
      let operation = operation.map { String(cString: $0) } ?? "start"
      throw RunnerFailure("cannot \(operation) `\(program.path)`: \(reason(-id))")
    }
    return id
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
