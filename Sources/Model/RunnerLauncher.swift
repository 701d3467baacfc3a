import Glibc

/// Starts runners.
///
/// A launched runner belongs to nobody's task: cancelling the caller, stopping or killing the agent does not
/// touch it. The run directory, complete with `spec.json`, is there before `launch` is called.
public protocol RunnerLauncher: Sendable {
  /// Starts a runner and gives it `handover` on its standard input.
  /// - Throws: `LaunchFailure` where no runner could be started; the run directory is then untouched.
  func launch(_ handover: Handover) async throws

  /// Collects exited children, where the launcher has any. Called now and then by the dispatcher.
  func reap()
}

public struct LaunchFailure: Error, Sendable, CustomStringConvertible {
  public let description: String
  /// It failed for want of something that comes back; a later attempt may succeed.
  public let isShortage: Bool
  /// What is to be started is not there, or not whole: an upgrade may be putting it in place just now.
  public let mayBeUpgrade: Bool

  /// - Parameter code: the `errno` of the call that failed, where it was one.
  public init(_ description: String, code: Int32 = 0) {
    self.description = description
    isShortage = Shortage.isNamed(by: code)
    mayBeUpgrade = [ENOENT, EACCES, ETXTBSY, ENOEXEC, ECONNREFUSED].contains(code)
  }
}
