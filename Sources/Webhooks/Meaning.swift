public import Model

/// What a delivery says, once its signature holds.
public struct Meaning: Sendable, Hashable {
  /// The sender's own id of the delivery, where it gives one that can be kept.
  public var id: String?
  /// The sender's word for what happened: `push`, `ping`, …
  public var event: String?
  /// `nil` where the event is not a push to a branch or a tag.
  public var push: Push?
  /// Why the delivery is merely acknowledged, such as ``event `star` is not a push``; `nil` for a push.
  public var ignored: String?

  public init(id: String?, event: String?, push: Push?, ignored: String?) {
    self.id = id
    self.event = event
    self.push = push
    self.ignored = ignored
  }
}
