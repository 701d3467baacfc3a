import Foundation

/// How a command ended and what it wrote.
public struct CommandResult: Sendable {
  /// The exit status; 128 + signal number where a signal ended it, as a shell says it.
  public let status: Int32
  public let stdout: [UInt8]
  public let stderr: [UInt8]

  /// Standard output as text, without trailing newlines.
  public var output: String {
    var text = Substring(decoding: stdout, as: UTF8.self)
    while text.last == "\n" { text.removeLast() }
    return String(text)
  }

  /// Standard error as text.
  public var errorOutput: String { String(decoding: stderr, as: UTF8.self) }
}

/// A command that a fixture relies on did not do its work.
public struct CommandFailure: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// Runs a command to its end and returns what it wrote. Blocks the calling thread.
///
/// - Parameters:
///   - argv: the program, looked up in `PATH`, and its arguments. No shell is involved.
///   - directory: the working directory; the caller's where `nil`.
///   - env: added to the environment of the test process; an empty value stays an empty value.
///   - input: standard input.
/// - Throws: `CommandFailure` where the program could not be started. A status other than 0 is a result.
public func run(
  _ argv: [String], in directory: String? = nil, env: [String: String] = [:], input: [UInt8] = []
) throws -> CommandResult {
  // Files instead of pipes: nothing to drain, and a left-over background process holds nothing up.
  let (stdin, stdout, stderr) = (try UnlinkedFile(), try UnlinkedFile(), try UnlinkedFile())
  try stdin.write(input)
  let pid = try spawn(
    argv, in: directory, env: env, stdin: stdin.descriptor, stdout: stdout.descriptor,
    stderr: stderr.descriptor, ownSession: false)
  let status = waitForExit(of: pid)
  return CommandResult(status: status, stdout: try stdout.read(), stderr: try stderr.read())
}

/// Runs a command that must succeed.
/// - Returns: its standard output without trailing newlines.
/// - Throws: `CommandFailure` with the command's standard error for a status other than 0.
@discardableResult
public func runChecked(
  _ argv: [String], in directory: String? = nil, env: [String: String] = [:], input: [UInt8] = []
) throws -> String {
  let result = try run(argv, in: directory, env: env, input: input)
  guard result.status == 0 else {
    throw CommandFailure(
      "`\(argv.joined(separator: " "))` ended with status \(result.status): \(result.errorOutput)")
  }
  return result.output
}

/// Whether `name` is a program in `PATH` or in the system's `sbin` folders.
public func findProgram(_ name: String) -> String? {
  let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
  for folder in path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"] {
    let candidate = "\(folder)/\(name)"
    if access(candidate, X_OK) == 0 { return candidate }
  }
  return nil
}

/// Starts a child that inherits nothing but the three given descriptors.
func spawn(
  _ argv: [String], in directory: String?, env: [String: String], stdin: Int32, stdout: Int32,
  stderr: Int32, ownSession: Bool
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for (source, target) in [(stdin, Int32(0)), (stdout, 1), (stderr, 2)] {
    posix_spawn_file_actions_adddup2(&actions, source, target)
  }
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  // A test process may block or ignore signals; its children start with the defaults.
  var none = sigset_t()
  sigemptyset(&none)
  posix_spawnattr_setsigmask(&attributes, &none)
  var defaults = sigset_t()
  sigemptyset(&defaults)
  for number in [SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD] { sigaddset(&defaults, number) }
  posix_spawnattr_setsigdefault(&attributes, &defaults)
  var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
  if ownSession { flags |= 0x80 /* POSIX_SPAWN_SETSID, not imported */ }
  posix_spawnattr_setflags(&attributes, Int16(flags))

  let environment = ProcessInfo.processInfo.environment.merging(env) { $1 }
  // glibc's way to change the directory in posix_spawn is not imported into Swift; env(1) replaces itself.
  let words = directory.map { ["env", "--chdir=\($0)"] + argv } ?? argv
  let arguments = words.map { strdup($0) } + [nil]
  let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for text in arguments + variables { free(text) } }
  var pid: pid_t = 0
  let code = posix_spawnp(&pid, words[0], &actions, &attributes, arguments, variables)
  guard code == 0 else {
    throw CommandFailure("cannot start `\(argv[0])`: \(String(cString: strerror(code)))")
  }
  return pid
}

/// Collects the child `pid`.
func waitForExit(of pid: pid_t) -> Int32 {
  var status: Int32 = 0
  while waitpid(pid, &status, 0) == -1 {
    guard errno == EINTR else { return -1 }
  }
  let signal = status & 0x7f
  return signal == 0 ? (status >> 8) & 0xff : 128 + signal
}

/// A temporary file without a name, closed in children.
private final class UnlinkedFile {
  let descriptor: Int32

  init() throws {
    var template = Array("\(NSTemporaryDirectory())/pushrod-io-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw CommandFailure("cannot make a temporary file: errno \(errno)") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
  }

  deinit { close(descriptor) }

  func write(_ bytes: [UInt8]) throws {
    try FileHandle(fileDescriptor: descriptor).write(contentsOf: Data(bytes))
    lseek(descriptor, 0, SEEK_SET)
  }

  func read() throws -> [UInt8] {
    lseek(descriptor, 0, SEEK_SET)
    return Array(try FileHandle(fileDescriptor: descriptor).readToEnd() ?? Data())
  }
}
