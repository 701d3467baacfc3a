public import struct FoundationEssentials.Date

/// The tokens.
public protocol TokenStore: Sendable {
  /// In the order they were made.
  func tokens() async throws -> [StoredToken]

  /// Adds a token and records the act in one transaction. Durable when it returns.
  /// - Returns: `false`, with nothing changed, where the name is taken.
  func add(_ token: StoredToken, audit: AuditedAct) async throws -> Bool

  /// Removes a token and records the act in one transaction. Durable when it returns.
  /// - Returns: `false`, with nothing changed, where there is none of that name.
  func removeToken(named name: String, audit: AuditedAct) async throws -> Bool

  /// Notes when a token was last used; nothing where it is gone.
  func noteUse(ofTokenWithHash hash: [UInt8], at date: Date) async throws
}

/// The audit log: it only grows.
public protocol AuditStore: Sendable {
  /// Durable when it returns.
  func record(_ act: AuditedAct) async throws

  /// Newest first. `before` is an entry's number.
  func audit(before: Int?, limit: Int) async throws -> [AuditEntry]
}
