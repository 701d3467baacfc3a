public import Model

/// One configured endpoint, `/webhook/<name>`: a sender and the secrets that it may sign with.
public struct Source: Sendable {
  public var name: String
  public var sender: any Sender
  /// Any of them may have signed: the old and the new one while a secret is being changed.
  public var secrets: [Secret]

  public init(name: String, sender: any Sender, secrets: [Secret]) {
    self.name = name
    self.sender = sender
    self.secrets = secrets
  }

  /// Whether anything can be verified here. A source without a secret answers 503.
  public var isUsable: Bool { secrets.contains { !$0.isBlank } }
}
