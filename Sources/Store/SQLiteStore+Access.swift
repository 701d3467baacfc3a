public import FoundationEssentials
import GRDB
public import Model

extension SQLiteStore: TokenStore {
  public func tokens() async throws -> [StoredToken] {
    try await read { db in
      let rows = try Row.fetchCursor(
        db, sql: "SELECT name, hash, scope, created_at, expires_at, used_at FROM tokens ORDER BY number")
      return try Array(rows.map { try SQLiteStore.token($0) })
    }
  }

  public func add(_ token: StoredToken, audit: AuditedAct) async throws -> Bool {
    try await write { db in
      let isTaken = try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM tokens WHERE name = ?)", arguments: [token.token.name])
      guard isTaken != true else { return false }
      try db.execute(
        sql: "INSERT INTO tokens (name, hash, scope, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        arguments: [
          token.token.name, Data(token.hash), token.token.scope.rawValue,
          StoredTime.milliseconds(token.token.createdAt), token.token.expiresAt.map(StoredTime.milliseconds),
        ])
      try AuditRow.insert(audit, db)
      return true
    }
  }

  public func removeToken(named name: String, audit: AuditedAct) async throws -> Bool {
    try await write { db in
      try db.execute(sql: "DELETE FROM tokens WHERE name = ?", arguments: [name])
      guard db.changesCount == 1 else { return false }
      try AuditRow.insert(audit, db)
      return true
    }
  }

  public func noteUse(ofTokenWithHash hash: [UInt8], at date: Date) async throws {
    try await write { db in
      try db.execute(
        sql: "UPDATE tokens SET used_at = ? WHERE hash = ?", arguments: [StoredTime.milliseconds(date), Data(hash)])
    }
  }

  private static func token(_ row: Row) throws -> StoredToken {
    let name: String = row["name"]
    guard let scope = Scope(rawValue: row["scope"]) else {
      throw StoreFailure("the token `\(name)` in the store has a scope that this version does not know.")
    }
    let hash: Data = row["hash"]
    let expiresAt: Int64? = row["expires_at"]
    let usedAt: Int64? = row["used_at"]
    return StoredToken(
      Token(
        name: name, scope: scope, createdAt: StoredTime.date(row["created_at"]),
        expiresAt: expiresAt.map(StoredTime.date), lastUsedAt: usedAt.map(StoredTime.date)),
      hash: Array(hash))
  }
}

extension SQLiteStore: AuditStore {
  public func record(_ act: AuditedAct) async throws {
    try await write { try AuditRow.insert(act, $0) }
  }

  public func audit(before: Int?, limit: Int) async throws -> [AuditEntry] {
    try await read { db in
      let rows = try Row.fetchCursor(
        db, sql: "SELECT \(AuditRow.columns) FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?",
        arguments: [before ?? Int.max, max(0, limit)])
      return try Array(rows.map { try AuditRow.entry($0) })
    }
  }
}
