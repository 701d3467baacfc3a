import Glibc
import Model

/// Puts a program into a sandbox of bubblewrap (bwrap(1)): no new privileges, process numbers, shared memory and a host name
/// of its own, and, where not said otherwise, no network.
enum SandboxProgram {
  /// What lies around the program: the same whatever it sees of the file system.
  private static func walls(_ sandbox: Sandbox) -> [String] {
    [
      "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--cap-drop",
      "ALL",
    ]
      + (sandbox.hasNetwork ? [] : ["--unshare-net"])
  }

  /// - Throws: `RunnerFailure` where bubblewrap is not installed, or the system does not let it make one.
  static func enclosed(
    _ program: ChildProcess.Program, _ sandbox: Sandbox, mounts: SandboxMounts
  ) throws(RunnerFailure) -> ChildProcess.Program {
    let bubblewrap = try bubblewrap()
    let around = walls(sandbox) + (try mounts.arguments(environment: program.environment))
    func inside(_ command: [String], directory: String) -> ChildProcess.Program {
      var enclosed = program
      enclosed.path = bubblewrap
      enclosed.arguments = ["bwrap"] + around + ["--chdir", directory, "--"] + command
      enclosed.directory = "/"
      return enclosed
    }
    // Before the step, and not from what the step prints: whose words these are would not be clear.
    var trial = inside(["/bin/true"], directory: "/")
    trial.hasTerminal = false
    if let complaint = try lastWords(of: trial) {
      throw RunnerFailure("the sandbox cannot be made: \(complaint)")
    }
    return inside([program.path] + program.arguments.dropFirst(), directory: program.directory)
  }

  /// Why this machine lets nobody make a sandbox; `nil` where it does.
  static var problem: String? {
    do throws(RunnerFailure) {
      let path = try bubblewrap()
      let arguments = ["bwrap"] + walls(Sandbox()) + SandboxMounts.system + ["--", "/bin/true"]
      return try lastWords(of: .init(path: path, arguments: arguments, environment: [], directory: "/"))
    } catch {
      return error.description
    }
  }

  private static func bubblewrap() throws(RunnerFailure) -> String {
    guard let path = StepProgram.find("bwrap", path: StepEnvironment.defaultPath, directory: "/") else {
      throw RunnerFailure("the sandbox cannot be made: bubblewrap is not installed (apt-get install bubblewrap)")
    }
    return path
  }

  /// What a short program says before it fails; `nil` where it succeeds.
  private static func lastWords(of program: ChildProcess.Program) throws(RunnerFailure) -> String? {
    let (process, reading) = try start(program)
    return wait(for: process, saying: reading)
  }

  /// The pipe's writing end is the program's alone when this returns.
  private static func start(_ program: ChildProcess.Program) throws(RunnerFailure) -> (pid_t, Descriptor) {
    let pipe = try Descriptor.pipe()
    return (try ChildProcess.start(program, output: pipe.writing, cgroup: nil), pipe.reading)
  }

  private static func wait(for process: pid_t, saying output: Descriptor) -> String? {
    let deadline = Instant.now + .seconds(20)
    var words: [UInt8] = []
    var status: Int32 = 0
    while true {
      var entry = pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)
      poll(&entry, 1, 50)
      words += output.readAvailable(limit: 4096)
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { break }
      if Instant.now >= deadline {
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
        return "bwrap did not come to an end"
      }
      if words.count > 4096 || entry.revents & Int16(POLLHUP) != 0 { usleep(1_000) }
    }
    words += output.readAvailable(limit: 4096)
    guard !ExitStatus(waitStatus: status).isSuccess else { return nil }
    let line = String(decoding: words.prefix(4096), as: UTF8.self).split(separator: "\n").last.map(String.init)
    return line ?? ExitStatus(waitStatus: status).words
  }
}
