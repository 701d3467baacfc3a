public import struct FoundationEssentials.Date

/// How looking for failed deliveries of one source goes.
public struct RedeliveryStatus: Codable, Sendable, Hashable {
  public var source: String
  /// `owner/name`.
  public var repository: String
  /// When the list was read last, whole; `nil` where it never was since the agent started.
  public var lookedAt: Date?
  /// Why the last attempt came to nothing, in a sentence.
  public var error: String?
  /// Deliveries that were asked for again since the agent started.
  public var asked: Int
  /// Deliveries that still fail, and of which too many attempts were made to ask again.
  public var givenUp: Int

  public init(
    source: String, repository: String, lookedAt: Date? = nil, error: String? = nil, asked: Int = 0, givenUp: Int = 0
  ) {
    self.source = source
    self.repository = repository
    self.lookedAt = lookedAt
    self.error = error
    self.asked = asked
    self.givenUp = givenUp
  }
}
