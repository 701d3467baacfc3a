/// What a supervision waits with: its process's output, its children, and whoever wants the end of it.
protocol Waiter: AnyObject {
  /// Waits until the descriptor can be read (or is at its end), a child ends, somebody wants something, or the time has come.
  /// - Parameter descriptor: -1 where there is none.
  /// - Returns: whether the descriptor is ready.
  func wait(for descriptor: Int32, until deadline: Instant?) -> Bool

  /// A child may have ended since the last call.
  func takeChildEnded() -> Bool

  /// Why the process is to be ended, once.
  func takeStop() -> Supervision.Interruption?

  /// Lines for the log, each once.
  func takeNotes() -> [String]
}

extension Waiter {
  func takeNotes() -> [String] { [] }
}
