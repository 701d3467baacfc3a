/// Whether deliveries can be taken now.
public struct AgentReadiness: Codable, Hashable, Sendable {
  /// Sentences for people who may know; empty where deliveries can be taken.
  public var reasons: [String]
  /// Seconds after which to ask again, where they cannot.
  public var retryAfter: Int

  public init(reasons: [String] = [], retryAfter: Int = 10) {
    self.reasons = reasons
    self.retryAfter = retryAfter
  }

  public var isReady: Bool { reasons.isEmpty }
}
