import GRDB
public import Model

public import struct FoundationEssentials.Date

extension SQLiteStore: RunStore {
  public func enqueue(_ request: RunRequest, at date: Date, audit: AuditedAct?) async throws -> Run {
    let prepared = try PreparedRun(request, at: date)
    return try await write { db in
      let number = try prepared.insert(db, delivery: request.delivery)
      if var audit {
        audit.detail = "run \(number)"
        try AuditRow.insert(audit, db)
      }
      return try SQLiteStore.existing(number, db)
    }
  }

  public func runs(_ filter: RunFilter) async throws -> [Run] {
    var conditions = ["number < :before"]
    var arguments: StatementArguments = ["before": filter.before ?? Int.max, "limit": max(0, filter.limit)]
    if let pipeline = filter.pipeline {
      conditions.append("pipeline = :pipeline")
      arguments += ["pipeline": pipeline]
    }
    if let state = filter.state {
      conditions.append("state = :state")
      arguments += ["state": state.rawValue]
    }
    if let prefix = filter.commitPrefix?.lowercased() {
      // A range, so that the index serves; `g` follows the last hexadecimal digit.
      conditions.append("commit_id >= :from AND commit_id < :to")
      arguments += ["from": prefix, "to": prefix + "g"]
    }
    return try await select(
      "WHERE \(conditions.joined(separator: " AND ")) ORDER BY number DESC LIMIT :limit", arguments)
  }

  public func run(number: Int) async throws -> Run? {
    try await select("WHERE number = ?", [number]).first
  }

  public func queuedRuns(limit: Int) async throws -> [Run] {
    try await select("WHERE state = 'queued' ORDER BY number LIMIT ?", [max(0, limit)])
  }

  public func runningRuns() async throws -> [Run] {
    try await select("WHERE state IN ('running', 'waiting') ORDER BY number", [])
  }

  public func move(
    run number: Int, to outcome: RunOutcome, at date: Date, audit: AuditedAct?
  ) async throws -> Run {
    try await write { db in
      try SQLiteStore.change(number, to: outcome, at: date, db)
      if let audit { try AuditRow.insert(audit, db) }
      return try SQLiteStore.existing(number, db)
    }
  }

  public func interrupt(
    run number: Int, _ outcome: RunOutcome, repetition: RunRequest?, at date: Date
  ) async throws -> (ended: Run, queued: Run?) {
    let prepared = try repetition.map { try PreparedRun($0, at: date) }
    return try await write { db in
      // First, so that a run which has ended already queues nothing.
      _ = try SQLiteStore.existing(number, db).state.moving(to: outcome.state)
      var outcome = outcome
      let queued = try prepared.map {
        try SQLiteStore.existing(try $0.insert(db, delivery: repetition?.delivery), db)
      }
      if let queued {
        outcome.reason = (outcome.reason.map { $0 + "; " } ?? "") + "its commit is run again as run \(queued.number)"
      }
      try SQLiteStore.change(number, to: outcome, at: date, db)
      return (try SQLiteStore.existing(number, db), queued)
    }
  }

  /// Lets the next run have a number above `number`, whatever the highest is that the store knows: after a backup was put
  /// back there are run directories of which it knows nothing, and a number must not be given twice.
  /// - Throws: `StoreFailure`.
  public func numberRuns(above number: Int) async throws {
    guard number > 0 else { return }
    try await write { db in
      let known = try Int.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'runs'")
      guard number > known ?? 0 else { return }
      try db.execute(
        sql: known == nil
          ? "INSERT INTO sqlite_sequence (seq, name) VALUES (?, 'runs')"
          : "UPDATE sqlite_sequence SET seq = ? WHERE name = 'runs'", arguments: [number])
    }
  }

  private func select(_ clause: String, _ arguments: StatementArguments) async throws -> [Run] {
    try await read { db in
      let statement = try db.cachedStatement(sql: "SELECT \(RunRow.columns) FROM runs \(clause)")
      return try Array(Row.fetchCursor(statement, arguments: arguments).map { try RunRow.run($0) })
    }
  }

  static func existing(_ number: Int, _ db: Database) throws -> Run {
    let statement = try db.cachedStatement(sql: "SELECT \(RunRow.columns) FROM runs WHERE number = ?")
    guard let row = try Row.fetchOne(statement, arguments: [number]) else {
      throw StoreFailure("there is no run \(number) in the store.")
    }
    return try RunRow.run(row)
  }
}
