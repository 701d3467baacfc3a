public import struct FoundationEssentials.Date

/// Since when, and because of whom, the agent starts no runs. It is not kept over a restart: the next agent starts what
/// waits.
public struct Drain: Codable, Sendable, Hashable {
  public var since: Date
  /// A person, or SIGTERM.
  public var by: String

  public init(since: Date, by: String) {
    self.since = since
    self.by = by
  }
}
