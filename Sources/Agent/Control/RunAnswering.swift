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
  /// In bytes.
  static let longestReason = 1000

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
    guard (reason ?? "").utf8.count <= RunAnswering.longestReason else {
      throw ControlError.invalid("the reason is longer than \(RunAnswering.longestReason) bytes.")
    }
    _ = try await underWay(number)
    let object = "run \(number)" + (answer.step.map { ", step \($0.prefix(100))" } ?? "")
    return try await trail.carryOut(answer.approved ? .approve : .reject, object, by: person) {
      let message = ControlMessage(
        action: answer.approved ? .approve : .reject, by: person.description, step: answer.step, reason: reason)
      let reply = try await runner.tell(number, message) { !(try await underWay(number).state.isFinal) }
      guard reply.ok else {
        throw ControlError.conflict("run \(number): \(reply.error ?? "its runner gave no reason").")
      }
      return (try await underWay(number, orEnded: true), reason)
    }
  }

  /// - Parameter orEnded: an answer may end a run at once.
  private func underWay(_ number: Int, orEnded: Bool = false) async throws -> Run {
    guard let run = try await store.run(number: number) else { throw ControlError.noRun(number) }
    guard orEnded || !run.state.isFinal else {
      throw ControlError.conflict("run \(number) has already ended: \(run.state.words).")
    }
    guard run.state != .queued else { throw ControlError.conflict("run \(number) has not begun.") }
    return run
  }
}
