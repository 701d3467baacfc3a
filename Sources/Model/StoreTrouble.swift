public import struct FoundationEssentials.Date

/// Why nothing can be recorded at this moment.
public struct StoreTrouble: Codable, Hashable, Sendable {
  /// A sentence for the operator, without SQL arguments.
  public var reason: String
  public var since: Date

  public init(reason: String, since: Date) {
    self.reason = reason
    self.since = since
  }
}

/// How the store is, told without waiting for it.
public protocol StoreCondition: Sendable {
  /// `nil` while all is well, as far as the last attempt showed.
  var trouble: StoreTrouble? { get }
}
