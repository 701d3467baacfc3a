import Glibc
import Model

/// A program that prints a secret: `pass show x`, `vault kv get …`.
///
/// It is run without a shell, with nothing on its standard input, in a session of its own, and for a bounded time. What it
/// prints is the secret and is shown nowhere; what it writes to standard error explains a failure.
struct SecretCommand {
  let words: [String]
  let timeout: Seconds

  static let usualTimeout: Seconds = 10
  static let longestTimeout: Seconds = 60
  private static let longestComplaint = 4 << 10
  /// For the agent alone: who else writes there speaks in its name.
  private static let agentsOwn: Set<String> = [
    "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "PUSHROD_TOKEN",
  ]

  /// A clause that follows the command, and the end of what it wrote to standard error.
  struct Failure: Error {
    var words: String
    var complaint: String?
  }

  /// What it printed.
  func output(environment: [String: String]) -> Result<[UInt8], Failure> {
    var pipes: [Int32] = [-1, -1, -1, -1]
    defer { for descriptor in pipes where descriptor >= 0 { close(descriptor) } }
    let isOpen = pipes.withUnsafeMutableBufferPointer { buffer in
      pipe(buffer.baseAddress) == 0 && pipe(buffer.baseAddress.unsafelyUnwrapped + 2) == 0
    }
    guard isOpen else { return .failure(Failure(words: "cannot be started: \(String(cString: strerror(errno)))")) }
    for descriptor in pipes { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    let pid: pid_t
    switch start(environment, output: pipes[1], error: pipes[3]) {
    case .success(let started): pid = started
    case .failure(let failure): return .failure(failure)
    }
    for index in [1, 3] {
      close(pipes[index])
      pipes[index] = -1
    }
    return finish(pid, output: pipes[0], error: pipes[2])
  }

  private func start(_ environment: [String: String], output: Int32, error: Int32) -> Result<pid_t, Failure> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, error, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    // The agent ignores it.
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    // POSIX_SPAWN_SETSID, which is not imported: no terminal to ask on, and one group to end.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | 0x80)
    let kept = environment.filter { !SecretCommand.agentsOwn.contains($0.key) }
    let arguments = words.map { strdup($0) } + [nil]
    let variables = kept.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, words[0], &actions, &attributes, arguments, variables)
    guard code == 0 else {
      return .failure(Failure(words: "cannot be started: \(String(cString: strerror(code)))"))
    }
    return .success(pid)
  }

  private func finish(_ pid: pid_t, output: Int32, error: Int32) -> Result<[UInt8], Failure> {
    var value = Stream(output, limit: SecretReading.longestSecret)
    var complaint = Stream(error, limit: SecretCommand.longestComplaint)
    let end = ContinuousClock.now + .milliseconds(Int64(timeout.value * 1000))
    var status: Int32 = 0
    var hasEnded = false
    // Its own end counts, not that of its output: an agent that it left in the background (gpg-agent) holds that open.
    while !hasEnded, ContinuousClock.now < end, !value.isOver {
      var waiting = [value.entry, complaint.entry]
      poll(&waiting, 2, 20)
      value.read()
      complaint.read()
      hasEnded = waitpid(pid, &status, WNOHANG) == pid
    }
    // All of its session that kept its group; the program itself may not have ended.
    kill(-pid, SIGKILL)
    if !hasEnded { while waitpid(pid, &status, 0) == -1, errno == EINTR {} }
    value.read()
    complaint.read()
    let said = complaint.text
    if value.isOver {
      return .failure(Failure(words: "printed more than \(SecretReading.longestSecret) bytes", complaint: said))
    }
    guard hasEnded else {
      return .failure(Failure(words: "did not end within \(timeout.value.formattedSeconds)", complaint: said))
    }
    guard status == 0 else {
      let signal = status & 0x7f
      let how = signal == 0 ? "ended with exit code \((status >> 8) & 0xff)" : "was ended by signal \(signal)"
      return .failure(Failure(words: how, complaint: said))
    }
    return .success(value.bytes)
  }

  /// What comes out of a pipe, up to a limit.
  private struct Stream {
    private let descriptor: Int32
    private let limit: Int
    private(set) var bytes: [UInt8] = []
    private var hasEnded = false

    init(_ descriptor: Int32, limit: Int) {
      self.descriptor = descriptor
      self.limit = limit
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    var isOver: Bool { bytes.count > limit }
    var entry: pollfd { pollfd(fd: hasEnded ? -1 : descriptor, events: Int16(POLLIN), revents: 0) }

    /// As text on one line, its end where it is long.
    var text: String? {
      let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: " / ")
      return line.isEmpty ? nil : (line.count > 300 ? "…" + String(line.suffix(300)) : line).shown(limit: 400)
    }

    mutating func read() {
      var chunk = [UInt8](repeating: 0, count: 16 << 10)
      while !hasEnded, bytes.count <= limit {
        let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
          bytes += chunk[..<count]
        } else if count == 0 {
          hasEnded = true
        } else {
          return
        }
      }
    }
  }
}

extension Double {
  /// `10 s`, `0.5 s`.
  fileprivate var formattedSeconds: String { (self == rounded() ? String(Int(self)) : String(self)) + " s" }
}
