/// Who may come in, and how often: what the configuration says of it, with defaults for the rest.
public struct DoorRules: Hashable, Sendable {
  /// Of one source.
  public struct Source: Hashable, Sendable {
    /// `nil`: from everywhere.
    public var allow: AllowList?
    /// `nil`: `defaultSourceRate`, which does not count for this machine itself.
    public var rate: Rate?

    public init(allow: AllowList? = nil, rate: Rate? = nil) {
      self.allow = allow
      self.rate = rate
    }
  }

  /// By the source's name; one that is not here has no rules of its own.
  public var sources: [String: Source]
  /// `nil`: `defaultAddressRate`, which does not count for this machine itself.
  public var addressRate: Rate?

  public init(sources: [String: Source] = [:], addressRate: Rate? = nil) {
    self.sources = sources
    self.addressRate = addressRate
  }

  /// More than any forge posts from one of its addresses, also where it sends 2,000 in ten seconds.
  public static let defaultAddressRate = Rate.perMinute(3000)
  /// A tenth of what the agent can verify. Anybody can fill this one up, so it must not be near what is real.
  public static let defaultSourceRate = Rate.perMinute(60_000)
}
