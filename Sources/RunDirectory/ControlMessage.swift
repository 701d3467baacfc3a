/// What a runner may be told while it works: one JSON line on its control socket.
public struct ControlMessage: Codable, Hashable, Sendable {
  public enum Action: String, Codable, Sendable {
    case cancel
    /// The run `run` takes this one's place. Refused once the run is being ended.
    case supersede
    /// A step that waits for a person may go on, or not.
    case approve, reject
  }

  public var action: Action
  /// Who asks, for the run's reason.
  public var by: String?
  /// With `supersede`.
  public var run: Int?
  /// With `approve` and `reject`: which step; `nil` where only one waits.
  public var step: String?
  /// With `approve` and `reject`: why; at most `longestReason`.
  public var reason: String?

  /// In bytes.
  public static let longestReason = 1000

  public init(action: Action, by: String? = nil, run: Int? = nil, step: String? = nil, reason: String? = nil) {
    self.action = action
    self.by = by
    self.run = run
    self.step = step
    self.reason = reason
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
