public import Model

/// What a delivery says, once its signature holds.
public struct Meaning: Sendable, Hashable {
  /// The sender's own id of the delivery, where it gives one that can be kept.
  public var id: String?
  /// The sender's word for what happened: `push`, `ping`, …
  public var event: String?
  /// One for each branch or tag that moved; empty where the event is not a push. Most forges tell of one ref at a
  /// time, Bitbucket of all that one `git push` moved.
  public var pushes: [Push]
  /// Why there is no push, such as ``event `star` is not a push``; `nil` for a push, and where the sender knows none.
  public var ignored: String?
  /// It is a push that moves nothing which pipelines know, and `ignored` says what.
  public var isEmptyPush = false
  /// It only greets or tests, and `ignored` says how: it is acknowledged, and nothing is started by it.
  public var isGreeting = false
  /// What the sender insists on reading in the answer; `nil` where any 2xx will do.
  public var reply: Reply?

  /// The first of `pushes`.
  public var push: Push? { pushes.first }

  public init(id: String?, event: String?, push: Push?, ignored: String?) {
    self.init(id: id, event: event, pushes: push.map { [$0] } ?? [], ignored: ignored)
  }

  public init(id: String?, event: String?, pushes: [Push], ignored: String?) {
    self.id = id
    self.event = event
    self.pushes = pushes
    self.ignored = ignored
  }

  /// What the sender waits for in an answer of status 200, whatever came of the delivery.
  public enum Reply: Sendable, Hashable {
    /// This JSON.
    case json(String)
    /// A JSON object whose `text` says what came of it, for a person to read.
    case text
  }
}

extension Meaning {
  /// An event of a sender that is no forge.
  static func event(_ event: String?, id: String?) -> Meaning {
    Meaning(id: id, event: event.map { BoundedText.line($0, limit: 128) }, pushes: [], ignored: nil)
  }

  /// An event of a forge.
  static func notAPush(_ event: String, id: String?) -> Meaning {
    Meaning(id: id, event: event, pushes: [], ignored: "event `\(event)` is not a push")
  }

  /// A push that moves neither a branch nor a tag.
  static func emptyPush(_ event: String, id: String?, _ reason: String) -> Meaning {
    var meaning = Meaning(id: id, event: event, pushes: [], ignored: reason)
    meaning.isEmptyPush = true
    return meaning
  }

  /// The push of several refs; an empty one where there are none.
  static func severalRefs(_ pushes: [Push], _ event: String, id: String?) -> Meaning {
    pushes.isEmpty
      ? emptyPush(event, id: id, "it moves neither a branch nor a tag")
      : Meaning(id: id, event: event, pushes: pushes, ignored: nil)
  }

  static func greeting(_ event: String, id: String?, _ words: String) -> Meaning {
    var meaning = Meaning(id: id, event: event, pushes: [], ignored: words)
    meaning.isGreeting = true
    return meaning
  }
}
