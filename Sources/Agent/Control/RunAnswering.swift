import Model
import RunDirectory

/// What a person says to a step that asks.
public struct ApprovalAnswer: Sendable, Hashable {
  public var approved: Bool
  /// `nil` where only one step of the run asks.
  public var step: String?
  /// Must be there for a no.
  public var reason: String?

  public init(approved: Bool, step: String? = nil, reason: String? = nil) {
    self.approved = approved
    self.step = step
    self.reason = reason
  }
}

/// Hands people's answers to the runner of the run that asks.
struct RunAnswering: Sendable {
  let store: any RunStore
  let trail: AuditTrail
  private let runner: RunnerMessages

  init(store: any RunStore, trail: AuditTrail, area: RunArea) {
    self.store = store
    self.trail = trail
    runner = RunnerMessages(area: area)
  }

  /// - Returns: the run as it was when its runner had been told.
  /// - Throws: `ControlError`, `StoreFailure`.
  func carryOut(_ answer: ApprovalAnswer, run number: Int, by person: Person) async throws -> Run {
    let reason = answer.reason.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    guard answer.approved || reason?.isEmpty == false else {
      throw ControlError.invalid("a rejection needs a reason.")
    }
    guard (reason ?? "").utf8.count <= ControlMessage.longestReason else {
      throw ControlError.invalid("the reason is longer than \(ControlMessage.longestReason) bytes.")
    }
    let asked = try await underWay(number)
    let object = "run \(number)" + (answer.step.map { ", step \($0.prefix(100))" } ?? "")
    return try await trail.carryOut(answer.approved ? .approve : .reject, object, by: person) {
      let message = ControlMessage(
        action: answer.approved ? .approve : .reject, by: person.description, step: answer.step, reason: reason)
      let reply = try await runner.tell(number, message) {
        _ = try await underWay(number)
        return true
      }
      guard reply.ok else {
        throw ControlError.conflict("run \(number): \(reply.error ?? "its runner gave no reason").")
      }
      // An answer may end a run at once.
      return (try await store.run(number: number) ?? asked, reason)
    }
  }

  private func underWay(_ number: Int) async throws -> Run {
    let run = try await store.unfinishedRun(number)
    guard run.state != .queued else { throw ControlError.conflict("run \(number) has not begun.") }
    return run
  }
}
