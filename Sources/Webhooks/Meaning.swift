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
  /// Why the delivery is merely acknowledged, such as ``event `star` is not a push``; `nil` for a push.
  public var ignored: String?
  /// What the sender insists on reading in the answer; `nil` where any 2xx will do.
  public var reply: Reply?

  /// The first of `pushes`.
  public var push: Push? { pushes.first }

  public init(id: String?, event: String?, push: Push?, ignored: String?, reply: Reply? = nil) {
    self.init(id: id, event: event, pushes: push.map { [$0] } ?? [], ignored: ignored, reply: reply)
  }

  public init(id: String?, event: String?, pushes: [Push], ignored: String?, reply: Reply? = nil) {
    self.id = id
    self.event = event
    self.pushes = pushes
    self.ignored = ignored
    self.reply = reply
  }

  /// A JSON object that the sender waits for, in an answer of status 200.
  public struct Reply: Sendable, Hashable {
    public var json: String

    public init(json: String) { self.json = json }
  }
}

extension Meaning {
  /// An event of a sender that is no forge.
  static func event(_ event: String?, id: String?, of sender: String) -> Meaning {
    Meaning(
      id: id, event: event.map { BoundedText.line($0, limit: 128) }, pushes: [],
      ignored: "events of \(sender) start nothing in this version")
  }

  static func notAPush(_ event: String, id: String?) -> Meaning {
    Meaning(id: id, event: event, pushes: [], ignored: "event `\(event)` is not a push")
  }
}
