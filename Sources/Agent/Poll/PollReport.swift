public import struct FoundationEssentials.Date
public import Model

/// How comparing the tips of one repository goes.
public struct PollReport: Codable, Sendable, Hashable {
  /// As it is asked.
  public var url: String
  /// How often it is asked while all is well.
  public var interval: Seconds
  /// When the last answer came, or failed to; `nil` where it was not asked yet.
  public var askedAt: Date?
  /// When its tips were compared last; `nil` where they never were since the agent started.
  public var comparedAt: Date?
  /// Why the last question came to nothing, in a sentence.
  public var error: String?

  public init(url: String, interval: Seconds, askedAt: Date?, comparedAt: Date? = nil, error: String?) {
    self.url = url
    self.interval = interval
    self.askedAt = askedAt
    self.comparedAt = comparedAt
    self.error = error
  }
}
