import FoundationEssentials
import Model
import RunDirectory

/// Ends a run early, wherever it stands.
struct RunCancelling: Sendable {
  let store: any RunStore
  let trail: AuditTrail
  let area: RunArea
  /// How long a runner that was only just launched may take to listen.
  var patience: Duration = .seconds(5)
  private let work = BlockingWork("cancel")

  init(store: any RunStore, trail: AuditTrail, area: RunArea) {
    self.store = store
    self.trail = trail
    self.area = area
  }

  /// - Returns: the run as it is then: cancelled where it was queued, still running where its runner has
  ///   been told and is ending its steps.
  /// - Throws: `ControlError`, `StoreFailure`.
  func cancel(_ number: Int, by person: Person) async throws -> Run {
    while true {
      let run = try await unfinished(number)
      guard run.state == .queued else {
        return try await trail.carryOut(.cancel, "run \(number)", by: person) {
          (try await end(number, by: person), "its runner was told")
        }
      }
      let now = Date()
      do {
        return try await store.move(
          run: number, to: RunOutcome(.cancelled, reason: "cancelled by \(person)"), at: now,
          audit: AuditedAct(.cancel, "run \(number)", by: person, at: now, detail: "it had not begun"))
      } catch is RunState.IllegalTransition {
        continue  // it began meanwhile
      }
    }
  }

  /// Tells the runner of a run that has begun.
  private func end(_ number: Int, by person: Person) async throws -> Run {
    let end = ContinuousClock.now + patience
    while true {
      let run = try await unfinished(number)
      if try await tellRunner(of: number, person.description) { return run }
      guard ContinuousClock.now < end else {
        throw ControlError.unavailable("the runner of run \(number) does not answer; try again in a moment.")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private func unfinished(_ number: Int) async throws -> Run {
    guard let run = try await store.run(number: number) else { throw ControlError.noRun(number) }
    guard !run.state.isFinal else {
      throw ControlError.conflict("run \(number) has already ended: \(run.state.words).")
    }
    return run
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
