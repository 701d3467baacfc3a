import GRDB
public import Model

public import struct FoundationEssentials.Date

extension SQLiteStore {
  public func queueLength() async throws -> Int {
    try await read { db in
      try Int.fetchOne(try db.cachedStatement(sql: "SELECT count(*) FROM runs WHERE state = 'queued'")) ?? 0
    }
  }

  public func nextRuns(besides groups: Set<String>, pipelines: Set<String>, limit: Int) async throws -> [Run] {
    guard limit > 0 else { return [] }
    return try await read { db in
      // From group to group along the index: what lies between is not looked at. The planner must be told; it knows
      // nothing of how many runs are in which state.
      let next = try db.cachedStatement(
        sql: """
          SELECT concurrency_group, number, pipeline FROM runs INDEXED BY runs_queued_by_group
          WHERE state = 'queued' AND concurrency_group > ?
          ORDER BY concurrency_group, number LIMIT 1
          """)
      var numbers: [Int] = []
      var last = ""
      while let row = try Row.fetchOne(next, arguments: [last]) {
        last = row["concurrency_group"]
        if !groups.contains(last), !pipelines.contains(row["pipeline"]) { numbers.append(row["number"]) }
      }
      return try numbers.sorted().prefix(limit).map { try SQLiteStore.existing($0, db) }
    }
  }

  public func waiting(like run: Run, limit: Int) async throws -> WaitingRuns {
    let key = SQLiteStore.key(of: run.request)
    return try await read { db in
      let last = try db.cachedStatement(
        sql: """
          SELECT number, mode FROM runs INDEXED BY runs_queued_by_ref
          WHERE state = 'queued' AND pipeline = ? AND repository = ? AND ref = ?
          ORDER BY number DESC LIMIT 1
          """)
      guard let row = try Row.fetchOne(last, arguments: key) else {
        return WaitingRuns(mode: .queue, last: 0, entries: [])
      }
      let mode = Concurrency.Mode(rawValue: row["mode"]) ?? .queue
      guard mode != .queue else { return WaitingRuns(mode: mode, last: row["number"], entries: []) }
      let all = try db.cachedStatement(
        sql: """
          SELECT number, commit_id, may_go_back, delivery FROM runs INDEXED BY runs_queued_by_ref
          WHERE state = 'queued' AND pipeline = ? AND repository = ? AND ref = ? ORDER BY number LIMIT ?
          """)
      let entries = try Row.fetchCursor(all, arguments: key + [max(0, limit)]).map { row in
        WaitingRuns.Entry(
          number: row["number"], commit: CommitID(row["commit_id"] as String), mayGoBack: row["may_go_back"],
          delivery: row["delivery"])
      }
      return WaitingRuns(mode: mode, last: row["number"], entries: try Array(entries))
    }
  }

  public func supersede(_ numbers: [Int], by run: Int, at date: Date) async throws -> [Int] {
    try await write { db in
      try numbers.filter { number in
        let state = try db.cachedStatement(sql: "SELECT state FROM runs WHERE number = ?")
        // What has begun meanwhile is not what was asked for, though it could be superseded as well.
        guard try String.fetchOne(state, arguments: [number]) == RunState.queued.rawValue else { return false }
        try SQLiteStore.change(number, to: .superseded(by: run), at: date, db)
        return true
      }
    }
  }

  public func deployed(like request: RunRequest) async throws -> DeployedRef {
    try await read { db in
      let statement = try db.cachedStatement(
        sql: """
          SELECT commit_id, run, succeeded_commit_id, succeeded_run FROM deployed_refs
          WHERE pipeline = ? AND repository = ? AND ref = ?
          """)
      guard let row = try Row.fetchOne(statement, arguments: SQLiteStore.key(of: request)) else { return DeployedRef() }
      let succeeded = (row["succeeded_commit_id"] as String?).flatMap(CommitID.init).map {
        DeployedCommit(commit: $0, run: row["succeeded_run"])
      }
      return DeployedRef(
        newest: CommitID(row["commit_id"] as String).map { DeployedCommit(commit: $0, run: row["run"]) },
        succeeded: succeeded,
        unfinished: try succeeded.map { try SQLiteStore.unfinished(request, since: $0.run, db) } ?? [])
    }
  }

  /// One that never began to deploy is among them, too: its files count once more than they need to.
  private static func unfinished(
    _ request: RunRequest, since run: Int, _ db: Database
  ) throws -> [DeployedCommit] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT commit_id, max(number) AS last FROM runs INDEXED BY runs_by_pipeline
        WHERE pipeline = ? AND repository = ? AND ref = ? AND number > ? AND commit_id <> ''
          AND (state IN ('failed', 'timed_out', 'cancelled', 'interrupted')
            OR (state = 'superseded' AND started_at IS NOT NULL))
        GROUP BY commit_id ORDER BY last DESC LIMIT ?
        """)
    return try Row.fetchAll(statement, arguments: key(of: request) + [run, DeployedRef.mostUnfinished + 1]).compactMap {
      row in CommitID(row["commit_id"] as String).map { DeployedCommit(commit: $0, run: row["last"]) }
    }
  }

  /// The one way in which a run's state changes. Within a transaction.
  static func change(_ number: Int, to outcome: RunOutcome, at date: Date, _ db: Database) throws {
    let known = try db.cachedStatement(sql: "SELECT state, pipeline, repository, ref FROM runs WHERE number = ?")
    guard let row = try Row.fetchOne(known, arguments: [number]) else {
      throw StoreFailure("there is no run \(number) in the store.")
    }
    _ = try RunRow.state(row, ofRun: number).moving(to: outcome.state)
    let now = StoredTime.milliseconds(date)
    try db.cachedStatement(
      sql: """
        UPDATE runs SET state = ?, reason = ?, failed_step = ?, superseded_by = ?,
          started_at = coalesce(started_at, ?), finished_at = ?, took = ?,
          commit_id = CASE commit_id WHEN '' THEN ? ELSE commit_id END WHERE number = ?
        """
    ).execute(arguments: [
      outcome.state.rawValue, outcome.reason, outcome.failedStep, outcome.supersededBy,
      outcome.state == .running ? now : nil, outcome.state.isFinal ? now : nil,
      outcome.took.map { Int64(($0.value * 1000).rounded()) }, outcome.commit?.hex ?? "", number,
    ])
    // In the same transaction: the next run of the ref starts only when this one's end is known.
    let ref: StatementArguments = [row["pipeline"] as String, row["repository"] as String, row["ref"] as String]
    if let commit = outcome.deployed {
      try db.cachedStatement(
        sql: """
          INSERT INTO deployed_refs (pipeline, repository, ref, commit_id, run) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET commit_id = excluded.commit_id, run = excluded.run
          """
      ).execute(arguments: ref + [commit.hex, number])
    }
    // Also where it went back to an older commit than the newest: that is what stands there now.
    if outcome.state == .succeeded, let commit = outcome.deployed ?? outcome.commit {
      try db.cachedStatement(
        sql: """
          UPDATE deployed_refs SET succeeded_commit_id = ?, succeeded_run = ?
          WHERE pipeline = ? AND repository = ? AND ref = ?
          """
      ).execute(arguments: [commit.hex, number] + ref)
    }
  }

  private static func key(of request: RunRequest) -> StatementArguments {
    [request.pipeline.name, request.pipeline.repository.identity, request.ref.full]
  }
}
