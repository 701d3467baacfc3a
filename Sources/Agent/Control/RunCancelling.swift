import FoundationEssentials
import Logging
import Model
import RunDirectory

/// Ends a run early, wherever it stands.
struct RunCancelling: Sendable {
  let store: any RunStore
  let trail: AuditTrail
  private let runner: RunnerMessages
  private let logger: Logger

  init(store: any RunStore, trail: AuditTrail, area: RunArea, logger: Logger) {
    self.logger = logger
    self.store = store
    self.trail = trail
    runner = RunnerMessages(area: area)
  }

  /// - Returns: the run as it is then: cancelled where it was queued, still running where its runner has
  ///   been told and is ending its steps.
  /// - Throws: `ControlError`, `StoreFailure`.
  func cancel(_ number: Int, by person: Person) async throws -> Run {
    while true {
      let run = try await store.unfinishedRun(number)
      guard run.state == .queued else {
        return try await trail.carryOut(.cancel, "run \(number)", by: person) {
          (try await end(number, by: person), "its runner was told")
        }
      }
      let now = Date()
      do {
        let ended = try await store.move(
          run: number, to: RunOutcome(.cancelled, reason: "cancelled by \(person)"), at: now,
          audit: AuditedAct(.cancel, "run \(number)", by: person, at: now, detail: "it had not begun"))
        RunFigures.count(.cancelled, of: run.request.pipeline.name)
        logger.info(
          "run \(number) cancelled before it began",
          metadata: [
            "event": "run_finished", "stage": "finish", "run": "\(number)", "delivery": run.shownDelivery,
            "pipeline": "\(run.request.pipeline.name)", "state": "cancelled", "by": "\(person)",
          ])
        return ended
      } catch is RunState.IllegalTransition {
        continue  // it began meanwhile
      }
    }
  }

  /// Tells the runner of a run that has begun.
  private func end(_ number: Int, by person: Person) async throws -> Run {
    let run = try await store.unfinishedRun(number)
    let message = ControlMessage(action: .cancel, by: person.description)
    let reply = try await runner.tell(number, message) { try await store.unfinishedRun(number).state != .queued }
    guard reply.ok else {
      throw ControlError.conflict("the runner of run \(number) refused: \(reply.error ?? "no reason given").")
    }
    return run
  }
}
