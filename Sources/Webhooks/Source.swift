public import Model

/// One configured endpoint, `/webhook/<name>`: a sender, the secrets that it may sign with, and what else it must be
/// told.
public struct Source: Sendable {
  public var name: String
  public var sender: any Sender
  /// Any of them may have signed: the old and the new one while a secret is being changed.
  public var secrets: [Secret]
  public var options: SenderOptions
  /// How far a signed time may lie from now, in seconds, both ways; `nil`: the sender's own rule.
  public var tolerance: Double?

  public init(
    name: String, sender: any Sender, secrets: [Secret], options: SenderOptions = SenderOptions(),
    tolerance: Double? = nil
  ) {
    self.name = name
    self.sender = sender
    self.secrets = secrets
    self.options = options
    self.tolerance = tolerance
  }

  /// Whether anything can be verified here. A source without a secret answers 503.
  public var isUsable: Bool { !sender.needsSecrets(options) || secrets.contains { !$0.isBlank } }
}
