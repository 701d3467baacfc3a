import GRDB
public import Model

extension SQLiteStore: AcceptedDeliveries {
  public func isAccepted(_ id: String, from source: String) async throws -> Bool {
    let key = AcceptedID(source: source, id: id).key
    return try await read { db in
      try Int.fetchOne(
        try db.cachedStatement(sql: "SELECT delivery FROM accepted_ids WHERE key = ?"), arguments: [key]) != nil
    }
  }
}
