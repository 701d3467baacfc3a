/// How a process ended by itself; wait(2).
enum ExitStatus: Equatable, Codable {
  case exited(Int32)
  case signalled(Int32)

  init(waitStatus: Int32) {
    let signal = waitStatus & 0x7f
    self = signal == 0 ? .exited(waitStatus >> 8 & 0xff) : .signalled(signal)
  }

  var isSuccess: Bool { self == .exited(0) }

  /// `exit 3`, `exit 127: command not found`, `killed by signal 9 (SIGKILL)`.
  ///
  /// 126, 127 and 128 + n are what a POSIX shell answers for a command that it could not run or that a signal
  /// ended; XCU 2.8.2.
  var words: String {
    switch self {
    case .exited(126): "exit 126: command cannot be executed"
    case .exited(127): "exit 127: command not found"
    case .exited(let code) where (129...159).contains(code):
      "exit \(code): a command was killed by signal \(code - 128) (\(SignalName.of(code - 128)))"
    case .exited(let code): "exit \(code)"
    case .signalled(let signal): "killed by signal \(signal) (\(SignalName.of(signal)))"
    }
  }
}
