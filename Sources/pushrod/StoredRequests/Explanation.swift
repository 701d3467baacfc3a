import FoundationEssentials
import Model
import Pipelines
import Webhooks

/// What a stored delivery says and what would come of it.
struct Explanation: Encodable {
  var sender: String
  /// The source that it is taken to have come to.
  var source: String?
  var meaning: Meaning?
  /// Why nothing starts: the event's own reason, else the pipelines'.
  var reason: String?
  var decisions: [Decision] = []
  /// The delivery could not be read; the sentence that its sender would get.
  var error: String?
  /// What had to be assumed, or was not looked at.
  var notes: [String] = []

  private enum CodingKeys: String, CodingKey {
    case sender, source, id, event, push, pushes, reason, pipelines, error, notes
  }

  /// The keys are always there; what is not known is null.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sender, forKey: .sender)
    try container.encode(source, forKey: .source)
    try container.encode(meaning?.id, forKey: .id)
    try container.encode(meaning?.event, forKey: .event)
    try container.encode(reason, forKey: .reason)
    try container.encode(decisions, forKey: .pipelines)
    try container.encode(notes, forKey: .notes)
    try container.encodeIfPresent(error, forKey: .error)
    // `push` is the first; most deliveries tell of no more.
    try container.encode(meaning?.push.map(PushFields.init), forKey: .push)
    try container.encode((meaning?.pushes ?? []).map(PushFields.init), forKey: .pushes)
  }

  func json() throws -> String { String(decoding: try JSON.encoder().encode(self), as: UTF8.self) }
}

/// One ref that moved.
private struct PushFields: Encodable {
  let push: Push

  private enum CodingKeys: String, CodingKey {
    case repository, ref, before, after, created, deleted, forced, pusher, message
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(push.repository, forKey: .repository)
    try fields.encode(push.ref, forKey: .ref)
    try fields.encode(push.before, forKey: .before)
    try fields.encode(push.after, forKey: .after)
    try fields.encode(push.created, forKey: .created)
    try fields.encode(push.deleted, forKey: .deleted)
    try fields.encode(push.forced, forKey: .forced)
    try fields.encode(push.pusher, forKey: .pusher)
    try fields.encode(push.message, forKey: .message)
  }
}

/// For people.
extension Explanation {
  var text: String {
    if let error { return "cannot be read: \(error)" }
    var lines = ["event      \(meaning?.event ?? "unknown")"]
    if let source { lines.append("source     \(source.shown())") }
    if let id = meaning?.id { lines.append("id         \(id)") }
    for push in meaning?.pushes ?? [] { lines += describe(push) }
    let width = decisions.map(\.pipeline.count).max() ?? 0
    for decision in decisions {
      let name = decision.pipeline + String(repeating: " ", count: width - decision.pipeline.count)
      lines.append("pipeline   \(name)  \(decision.starts ? "starts" : "does not start"): \(decision.reason)")
    }
    if let reason { lines.append("nothing starts: \(reason)") }
    return (lines + notes.map { "note: \($0)" }).joined(separator: "\n")
  }

  private func describe(_ push: Push) -> [String] {
    let flags = [(push.created, "created"), (push.deleted, "deleted"), (push.forced, "forced")]
      .filter(\.0).map(\.1)
    var lines = [
      "repository \(push.repository.shown(limit: 512))",
      "ref        \(push.ref.full.shown(limit: 1024))"
        + (flags.isEmpty ? "" : " (\(flags.joined(separator: ", ")))"),
      "before     \(push.before)",
      "after      \(push.after)",
      "pusher     \(push.pusher?.shown(limit: 256) ?? "unknown")",
    ]
    if let first = push.message?.split(whereSeparator: \.isNewline).first {
      lines.append("message    \(first.shown(limit: 200))")
    }
    return lines
  }
}
