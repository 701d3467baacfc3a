import CLinux
import Glibc

/// Where a step's output goes: a pipe, or a pseudo-terminal for programs that want to see one.
enum TerminalOutput {
  /// What terminals have had for ever, and programs expect.
  private static let (columns, rows): (UInt16, UInt16) = (80, 24)

  /// What programs are told of it.
  static let type = "xterm-256color"

  /// - Returns: the end to read from, and the end for the step.
  static func ends(isTerminal: Bool) throws(RunnerFailure) -> (reading: Descriptor, writing: Descriptor) {
    guard isTerminal else { return try Descriptor.pipe(size: LogPump.size) }
    var ends: (Int32, Int32) = (-1, -1)
    let done = withUnsafeMutablePointer(to: &ends) {
      $0.withMemoryRebound(to: Int32.self, capacity: 2) { pushrod_terminal($0, columns, rows) }
    }
    guard done == 0 else { throw .last("make a pseudo-terminal") }
    return (Descriptor(ends.0), Descriptor(ends.1))
  }
}
