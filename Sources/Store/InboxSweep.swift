import GRDB
import Model

import struct FoundationEssentials.Date

/// One walk over the inbox, from the oldest delivery on, that removes what is not kept.
struct InboxSweep: Sendable {
  struct Batch: Sendable {
    var count = 0
    var bytes = 0
  }

  /// Nothing is left that may go.
  private(set) var isOver = false
  /// The last delivery that was looked at.
  private var place = 0
  /// How many accepted deliveries from there on are more than are kept.
  private var excess: Int
  /// Older ones go whatever their number, in milliseconds since 1970.
  private let horizon: Int64

  private static let mostRows = 64
  private static let mostBytes = 4 << 20

  init(_ retention: InboxRetention, at date: Date, _ db: Database) throws {
    let rejected = "SELECT count(*) FROM deliveries WHERE verdict = 'rejected'"
    let accepted = try Int.fetchOne(db, sql: "SELECT (SELECT count(*) FROM deliveries) - (\(rejected))") ?? 0
    excess = max(0, accepted - retention.keep)
    horizon = StoredTime.milliseconds(date.addingTimeInterval(-retention.age.value))
  }

  /// Looks at the next few deliveries. Within a transaction.
  mutating func removeBatch(_ db: Database) throws -> Batch {
    var batch = Batch()
    let rows = try Row.fetchCursor(try db.cachedStatement(sql: InboxSweep.next), arguments: [place])
    var doomed: [Int] = []
    isOver = true
    while let row = try rows.next() {
      // The last row of the batch may be large; it goes all the same.
      guard doomed.count < InboxSweep.mostRows, batch.bytes < InboxSweep.mostBytes else {
        isOver = false
        break
      }
      let isRejected: Bool = row["is_rejected"]
      guard row["received_at"] < horizon || (excess > 0 && !isRejected) else {
        // Rejected ones lie between the others, and have a bound of their own.
        if isRejected { continue }
        break
      }
      place = row["number"]
      if !isRejected, excess > 0 { excess -= 1 }
      guard !(row["is_needed"] as Bool) else { continue }
      doomed.append(place)
      batch.bytes += row["body_size"]
    }
    for number in doomed {
      try db.cachedStatement(sql: "DELETE FROM deliveries WHERE number = ?").execute(arguments: [number])
    }
    batch.count = doomed.count
    return batch
  }

  /// Oldest first. The runner of a run that has not ended still wants the payload.
  private static let next = """
    SELECT number, received_at, body_size, verdict = 'rejected' AS is_rejected,
      EXISTS (SELECT 1 FROM runs WHERE runs.delivery = deliveries.number AND state IN ('queued', 'running', 'waiting'))
        AS is_needed
    FROM deliveries WHERE number > ? ORDER BY number
    """
}
