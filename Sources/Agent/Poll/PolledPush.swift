import FoundationEssentials
import Model
import Pipelines

/// A push that nobody told of, as the agent found it: the body of the delivery that is made of it.
struct PolledPush: Codable, Hashable {
  /// `owner/name`.
  var repository: String
  var url: RepositoryURL
  var ref: RefName
  /// The commit that was handled last; zeros for a new ref.
  var before: CommitID
  /// Zeros where the ref is gone.
  var after: CommitID
  var created: Bool
  var deleted: Bool

  init(_ change: RefChange, of repository: RepositoryURL) {
    self.repository = repository.name
    url = repository
    ref = change.ref
    before = change.before
    after = change.after
    created = before.isZero
    deleted = after.isZero
  }

  /// What a recorded delivery of the agent's own says, for its replay.
  /// - Throws: `ControlError` where the body is none that this version wrote.
  init(_ delivery: Delivery) throws {
    guard let seen = try? JSON.decoder().decode(PolledPush.self, from: Data(delivery.body)) else {
      throw ControlError.conflict("delivery \(delivery.number) is not a push that this version of the agent has found.")
    }
    self = seen
  }

  /// As JSON, for the inbox and the run's `PUSHROD_EVENT_FILE`.
  func body() throws -> [UInt8] { Array(try JSON.encoder().encode(self)) }

  /// What pipelines are asked about. No pipeline listens to polls as to events: no source has that name.
  var event: SenderEvent {
    SenderEvent(
      source: Way.poll.rawValue, name: "push", pushes: [push], notAPush: nil, isGreeting: false,
      fields: { .object([:]) })
  }

  private var push: Push {
    // Whether it was a force-push, who pushed and with which message, a list of refs does not tell.
    Push(
      repository: repository, addresses: [url], ref: ref, before: before, after: after, created: created,
      deleted: deleted, forced: false, pusher: nil, message: nil)
  }
}
