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

  public func deliveries(_ filter: DeliveryFilter) async throws -> [Delivery] {
    // One text for each choice of filters, so that the planner can use the index of each.
    var conditions = ["number < :before"]
    var arguments: StatementArguments = ["before": filter.before ?? Int.max, "limit": max(0, filter.limit)]
    if let source = filter.source {
      conditions.append("source = :source")
      arguments += ["source": source]
    }
    if let verdict = filter.verdict {
      // Not an argument: the index of the rejected ones serves only what is written out.
      conditions.append("verdict = '\(verdict.rawValue)'")
    }
    let sql = """
      SELECT \(DeliveryRow.columns) FROM deliveries WHERE \(conditions.joined(separator: " AND "))
      ORDER BY number DESC LIMIT :limit
      """
    return try await readInbox { [arguments] db in
      let rows = try Row.fetchCursor(try db.cachedStatement(sql: sql), arguments: arguments)
      return try Array(rows.map { try DeliveryRow.delivery($0) })
    }
  }

  public func delivery(number: Int) async throws -> Delivery? {
    return try await readInbox { db in
      let statement = try db.cachedStatement(
        sql: "SELECT \(DeliveryRow.columns), body FROM deliveries WHERE number = ?")
      guard let row = try Row.fetchOne(statement, arguments: [number]) else { return nil }
      let body: Data = row["body"]
      let replays = try Int.fetchAll(
        try db.cachedStatement(sql: "SELECT number FROM deliveries WHERE replay_of = ? ORDER BY number"),
        arguments: [number])
      return try DeliveryRow.delivery(row, body: Array(body), replays: replays)
    }
  }
}
