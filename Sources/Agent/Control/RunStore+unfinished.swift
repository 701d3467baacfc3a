import Model

extension RunStore {
  /// A run that somebody wants something of while it goes on, or before.
  /// - Throws: `ControlError` where there is none, or where it has ended; `StoreFailure`.
  func unfinishedRun(_ number: Int) async throws -> Run {
    guard let run = try await run(number: number) else { throw ControlError.noRun(number) }
    guard !run.state.isFinal else {
      throw ControlError.conflict("run \(number) has already ended: \(run.state.words).")
    }
    return run
  }
}
