/// What an administrator said of a source, for its sender to judge.
public struct SourceSettings: Sendable {
  public var name: String
  /// The keys that were given, whatever they say.
  public var keys: Set<String>
  public var options: SenderOptions
  /// Whether it is known under which address people and senders reach the agent.
  public var hasPublicURL: Bool

  public init(name: String, keys: Set<String>, options: SenderOptions, hasPublicURL: Bool) {
    self.name = name
    self.keys = keys
    self.options = options
    self.hasPublicURL = hasPublicURL
  }
}

/// Why a source could prove nothing as it is configured, for the administrator. It never shows a secret.
public struct SourceComplaint: Sendable, Hashable {
  /// The key that is wrong or missing.
  public var key: String
  /// A clause that follows the source's name: "has no `webhook_id`, which is signed along".
  public var message: String
  /// What to do.
  public var suggestion: String

  public init(_ key: String, _ message: String, suggestion: String) {
    self.key = key
    self.message = message
    self.suggestion = suggestion
  }
}
