/// Which deliveries of which source start a pipeline, besides pushes.
public struct WebhookTrigger: Codable, Hashable, Sendable {
  /// The name of a configured source.
  public var source: String
  /// The sender's words for the events that count, as globs; `nil`: every event.
  public var events: [String]?
  /// All of them must hold.
  public var conditions: [Condition]

  public init(source: String, events: [String]? = nil, conditions: [Condition] = []) {
    self.source = source
    self.events = events
    self.conditions = conditions
  }

  /// One line of `where`: a field of the event, and what it may be.
  public struct Condition: Codable, Hashable, Sendable {
    /// The keys from the top of the event, as in `data.object.currency`. A number also stands for a list's element.
    public var path: [String]
    /// Any of these will do.
    public var values: [Value]

    public init(path: [String], values: [Value]) {
      self.path = path
      self.values = values
    }
  }

  /// What a field is compared with. The word is what is written in the file.
  public enum Value: Codable, Hashable, Sendable {
    /// A glob for a text, where it has `*`, `?` or `[`; else the text itself.
    case text(String)
    case number(Double)
    case bool(Bool)
    /// The field is null or not there.
    case absent
  }
}
