import FoundationEssentials
import GRDB
public import Model

extension SQLiteStore: DeliveryStore {
  public func record(_ delivery: NewDelivery) async throws -> RecordedDelivery {
    try await commits.record(try PreparedDelivery(delivery))
  }

  public func recordRejected(_ delivery: NewDelivery, reason: String) async {
    rejections.add(delivery, reason: reason)
  }

  public func deliveries(source: String?, before: Int?, limit: Int) async throws -> [Delivery] {
    return try await readInbox { db in
      let statement = try db.cachedStatement(
        sql: """
          SELECT \(DeliveryRow.columns) FROM deliveries
          WHERE (:source IS NULL OR source = :source) AND number < :before
          ORDER BY number DESC LIMIT :limit
          """)
      let rows = try Row.fetchCursor(
        statement, arguments: ["source": source, "before": before ?? Int.max, "limit": max(0, limit)])
      return try Array(rows.map { try DeliveryRow.delivery($0) })
    }
  }

  public func delivery(number: Int) async throws -> Delivery? {
    return try await readInbox { db in
      let statement = try db.cachedStatement(
        sql: "SELECT \(DeliveryRow.columns), body FROM deliveries WHERE number = ?")
      guard let row = try Row.fetchOne(statement, arguments: [number]) else { return nil }
      let body: Data = row["body"]
      return try DeliveryRow.delivery(row, body: Array(body))
    }
  }
}
