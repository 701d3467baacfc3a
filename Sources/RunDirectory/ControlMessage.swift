/// What a runner may be told while it works: one JSON line on its control socket.
public struct ControlMessage: Codable, Hashable, Sendable {
  public enum Action: String, Codable, Sendable {
    case cancel
    /// The run `run` takes this one's place. Refused once the run is being ended.
    case supersede
  }

  public var action: Action
  /// Who asks, for the run's reason.
  public var by: String?
  /// With `supersede`.
  public var run: Int?

  public init(action: Action, by: String? = nil, run: Int? = nil) {
    self.action = action
    self.by = by
    self.run = run
  }
}

/// What the runner answers: one JSON line.
public struct ControlReply: Codable, Hashable, Sendable {
  public var ok: Bool
  /// Why not, in a sentence.
  public var error: String?

  public init(ok: Bool, error: String? = nil) {
    self.ok = ok
    self.error = error
  }
}
