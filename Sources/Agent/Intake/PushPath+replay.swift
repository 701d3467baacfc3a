import Model
import Pipelines

import struct FoundationEssentials.Date

import Webhooks

/// That a person wants a delivery to go through again.
struct Replay: Sendable {
  let original: Delivery
  let person: Person
  let date: Date

  var audit: AuditedAct { AuditedAct(.replay, "delivery \(original.number)", by: person, at: date) }
}

extension PushPath {
  /// Has a recorded delivery go through again, on purpose: its id counts for nothing, the rules are today's.
  ///
  /// The signature is not checked again: it held when the delivery was accepted, and what it held with (a time that
  /// was signed, a secret since changed) may be gone. A push is of the same commit as then, wherever its branch is now.
  ///
  /// - Throws: `ControlError` where it cannot be, with what to do; `StoreFailure`.
  func replay(_ original: Delivery, by person: Person) async throws -> RecordedDelivery {
    let number = original.number
    if case .rejected(let reason) = original.verdict {
      throw ControlError.conflict(
        "delivery \(number) was rejected (\(reason)), and the bodies of rejected deliveries are not kept; have the "
          + "sender send it again.")
    }
    let rules = rules.current
    let date = now()
    let again = Replay(original: original, person: person, date: date)
    let request = HookRequest(
      source: original.source, way: .replay, headers: original.headers, body: original.body, address: original.address)
    // Nobody sent it, so there is no sender to read it.
    if original.source == Way.poll.rawValue {
      return try await record(try PolledPush(original).event, id: nil, of: request, date, rules, again: again)
    }
    guard let source = rules.sources[original.source] else {
      throw ControlError.conflict(
        "delivery \(number) came to the source `\(original.source)`, which is no longer in the configuration; add it "
          + "there and reload.")
    }
    do {
      let signed = SignedRequest(
        request, of: source, publicURL: rules.publicURL, now: date.timeIntervalSince1970)
      let meaning = try source.sender.meaning(of: signed)
      let event = SenderEvent(meaning, of: signed, to: source.name, from: source.sender)
      return try await record(event, id: meaning.id, of: request, date, rules, again: again)
    } catch let error as Unreadable {
      throw ControlError.conflict(
        "delivery \(number) cannot be read as one of \(source.sender.name): \(error.description); was the source "
          + "`\(source.name)` another sender's then?")
    }
  }
}
