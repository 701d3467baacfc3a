import GRDB
public import Model

public import struct FoundationEssentials.Date

extension SQLiteStore: InboxPruning {
  /// Each batch is a transaction of its own, of few rows and few bytes, so that a delivery which comes meanwhile
  /// waits for one batch at most. The pages that become free are used again by later deliveries.
  public func prune(_ retention: InboxRetention, at date: Date) async throws -> Int {
    var sweep = try await read { try InboxSweep(retention, at: date, $0) }
    var removed = 0
    while !sweep.isOver {
      try Task.checkCancellation()
      let batch: InboxSweep.Batch
      (sweep, batch) = try await next(sweep)
      removed += batch.count
    }
    return removed
  }

  private func next(_ sweep: InboxSweep) async throws -> (InboxSweep, InboxSweep.Batch) {
    try await onConnection { [checkpoints, health] db in
      if let refusal = health.refusal { throw refusal }
      var sweep = sweep
      var batch = InboxSweep.Batch()
      try db.inTransaction(.immediate) {
        batch = try sweep.removeBatch(db)
        return .commit
      }
      checkpoints.wrote(batch.bytes, deliveries: batch.count, db)
      return (sweep, batch)
    }
  }
}
