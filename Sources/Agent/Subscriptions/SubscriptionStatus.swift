public import Model
public import struct FoundationEssentials.Date

/// How one subscription is.
public struct SubscriptionStatus: Codable, Sendable, Hashable {
  public var source: String
  public var way: Way
  public var isConnected: Bool
  /// When it was connected, or when the connection was lost; `nil` before the first attempt has come to an end.
  public var since: Date?
  /// The sentence of the last failure, also where it is connected again.
  public var lastError: String?

  public init(source: String, way: Way, isConnected: Bool = false, since: Date? = nil, lastError: String? = nil) {
    self.source = source
    self.way = way
    self.isConnected = isConnected
    self.since = since
    self.lastError = lastError
  }
}
