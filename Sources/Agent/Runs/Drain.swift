public import struct FoundationEssentials.Date

/// Since when, and because of whom, the agent starts no runs. It is not kept over a restart: the next agent starts what
/// waits.
public struct Drain: Codable, Sendable, Hashable {
  public var since: Date
  /// A person, or SIGTERM.
  public var by: String
  /// The agent stops when its runs have ended, and nobody can take that back.
  public var endsAgent: Bool?

  public init(since: Date, by: String, endsAgent: Bool? = nil) {
    self.endsAgent = endsAgent
    self.since = since
    self.by = by
  }
}
