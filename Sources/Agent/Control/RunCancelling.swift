import FoundationEssentials
import Model
import RunDirectory

/// Ends a run early, wherever it stands.
struct RunCancelling: Sendable {
  let store: any RunStore
  let area: RunArea
  /// How long a runner that was only just launched may take to listen.
  var patience: Duration = .seconds(5)
  private let work = BlockingWork("cancel")

  init(store: any RunStore, area: RunArea) {
    self.store = store
    self.area = area
  }

  /// - Returns: the run as it is then: cancelled where it was queued, still running where its runner has
  ///   been told and is ending its steps.
  /// - Throws: `ControlError`, `StoreFailure`.
  func cancel(_ number: Int, by person: String) async throws -> Run {
    let end = ContinuousClock.now + patience
    while true {
      guard let run = try await store.run(number: number) else { throw ControlError.noRun(number) }
      switch run.state {
      case .queued:
        do {
          return try await store.move(
            run: number, to: RunOutcome(.cancelled, reason: "cancelled by \(person)"), at: Date())
        } catch is RunState.IllegalTransition {
          continue  // it began meanwhile
        }
      case .running:
        if try await tellRunner(of: number, person) { return run }
        guard ContinuousClock.now < end else {
          throw ControlError.unavailable("the runner of run \(number) does not answer; try again in a moment.")
        }
        try await Task.sleep(for: .milliseconds(50))
      default:
        throw ControlError.conflict("run \(number) has already ended: \(run.state.words).")
      }
    }
  }

  /// - Returns: `false` where nobody listens: it has not begun to, or has just ended.
  private func tellRunner(of number: Int, _ person: String) async throws -> Bool {
    let directory = area.directory(ofRun: number)
    do {
      let reply = try await work.run { try directory.send(ControlMessage(action: .cancel, by: person)) }
      guard reply.ok else {
        throw ControlError.conflict("the runner of run \(number) refused: \(reply.error ?? "no reason given").")
      }
      return true
    } catch RunDirectoryError.noRunner {
      return false
    } catch let error as RunDirectoryError {
      throw ControlError.unavailable("the runner of run \(number) could not be reached: \(error).")
    }
  }
}
