import GRDB
public import Model

extension SQLiteStore: RunPruning {
  public func storedRuns(after number: Int, limit: Int) async throws -> [StoredRun] {
    try await read { db in
      let statement = try db.cachedStatement(
        sql: """
          SELECT number, pipeline, state, finished_at FROM runs INDEXED BY runs_for_retention
          WHERE number > ? ORDER BY number LIMIT ?
          """)
      return try Array(
        Row.fetchCursor(statement, arguments: [number, max(0, limit)]).map { row in
          let word: String = row["state"]
          guard let state = RunState(rawValue: word) else {
            throw StoreFailure("run \(row["number"] as Int) in the store has the unknown state `\(word)`.")
          }
          let finishedAt: Int64? = row["finished_at"]
          return StoredRun(
            number: row["number"], pipeline: row["pipeline"], state: state,
            finishedAt: finishedAt.map(StoredTime.date))
        })
    }
  }

  public func removeRuns(_ numbers: [Int]) async throws -> [Int] {
    try await onConnection { [checkpoints, health] db in
      if let refusal = health.refusal { throw refusal }
      var gone: [Int] = []
      try db.inTransaction(.immediate) {
        for number in numbers {
          try db.cachedStatement(
            sql: "DELETE FROM runs WHERE number = ? AND state NOT IN ('queued', 'running', 'waiting')"
          ).execute(arguments: [number])
          guard db.changesCount > 0 else { continue }
          try db.cachedStatement(sql: "INSERT OR IGNORE INTO leaving_runs (number) VALUES (?)")
            .execute(arguments: [number])
          gone.append(number)
        }
        return .commit
      }
      checkpoints.wrote(0, deliveries: gone.count, db)
      return gone
    }
  }

  public func leavingRuns() async throws -> [Int] {
    try await read { try Int.fetchAll($0, sql: "SELECT number FROM leaving_runs ORDER BY number") }
  }

  public func runsHaveLeft(_ numbers: [Int]) async throws {
    try await write { db in
      for number in numbers {
        try db.cachedStatement(sql: "DELETE FROM leaving_runs WHERE number = ?").execute(arguments: [number])
      }
    }
  }
}

extension SQLiteStore: RunCounting {
  public func census() async throws -> RunCensus {
    try await read { db in
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT (SELECT count(*) FROM runs WHERE state = 'queued') AS queued,
            (SELECT count(*) FROM runs WHERE state IN ('running', 'waiting')) AS running,
            (SELECT queued_at FROM runs WHERE state = 'queued' ORDER BY number LIMIT 1) AS oldest
          """)
      let oldest: Int64? = row?["oldest"]
      return RunCensus(
        queued: row?["queued"] ?? 0, running: row?["running"] ?? 0, oldestQueuedAt: oldest.map(StoredTime.date))
    }
  }
}
