public import struct FoundationEssentials.Date

/// A bearer token for the API, without its text: that is shown once, when it is made, and kept nowhere.
public struct Token: Codable, Hashable, Sendable {
  /// Unique among the tokens there are; a name becomes free when its token is removed.
  public var name: String
  public var scope: Scope
  public var createdAt: Date
  /// From then on it is refused; `nil` where it never ends.
  public var expiresAt: Date?
  /// To the minute.
  public var lastUsedAt: Date?

  public init(name: String, scope: Scope, createdAt: Date, expiresAt: Date? = nil, lastUsedAt: Date? = nil) {
    self.name = name
    self.scope = scope
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.lastUsedAt = lastUsedAt
  }
}

/// A token with what proves it.
public struct StoredToken: Hashable, Sendable {
  public var token: Token
  /// SHA-256 of the token's text, 32 bytes.
  public var hash: [UInt8]

  public init(_ token: Token, hash: [UInt8]) {
    self.token = token
    self.hash = hash
  }
}
