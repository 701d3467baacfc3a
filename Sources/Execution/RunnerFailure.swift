import Glibc

/// The runner could not do its own work; not the same as a step that failed, which is a result.
struct RunnerFailure: Error, Sendable, CustomStringConvertible {
  /// A full sentence or the part of one after "… failed: ", without secrets.
  let description: String

  init(_ description: String) { self.description = description }

  /// The failure that `errno` names right now.
  static func last(_ operation: String) -> RunnerFailure {
    let reason = String(cString: strerror(errno))
    return RunnerFailure("cannot \(operation): \(reason)")
  }
}
