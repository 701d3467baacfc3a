public import FoundationEssentials
import GRDB
public import Model

extension SQLiteStore: HandledRefStore {
  public func handledRefs(pipeline: String, repository: String) async throws -> HandledRefs {
    try await read { db in
      let key: StatementArguments = [pipeline, repository]
      let refs = try db.cachedStatement(
        sql: "SELECT ref, commit_id, tag_id FROM handled_refs WHERE pipeline = ? AND repository = ? ORDER BY ref")
      let patterns = try db.cachedStatement(
        sql: "SELECT patterns FROM watched_refs WHERE pipeline = ? AND repository = ?")
      return HandledRefs(
        refs: try Array(Row.fetchCursor(refs, arguments: key).map { try SQLiteStore.tip($0) }),
        watched: try String.fetchOne(patterns, arguments: key).map { try StoredJSON.value(PushTrigger.self, $0) })
    }
  }

  public func watch(
    pipeline: String, repository: String, watched: PushTrigger, seen: [RefTip], dropped: [RefName], at date: Date
  ) async throws {
    try await write { db in
      try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO watched_refs (pipeline, repository, patterns) VALUES (?, ?, ?)"
      ).execute(arguments: [pipeline, repository, try StoredJSON.text(watched)])
      let deletion = try db.cachedStatement(
        sql: "DELETE FROM handled_refs WHERE pipeline = ? AND repository = ? AND ref = ?")
      let forgetting = try db.cachedStatement(
        sql: "DELETE FROM found_refs WHERE pipeline = ? AND repository = ? AND ref = ?")
      for ref in dropped {
        try deletion.execute(arguments: [pipeline, repository, ref.full])
        try forgetting.execute(arguments: [pipeline, repository, ref.full])
      }
      // A delivery that came since the look knows better.
      let insertion = try db.cachedStatement(
        sql: """
          INSERT INTO handled_refs (pipeline, repository, ref, commit_id, tag_id, source, handled_at)
          VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
          """)
      for entry in seen {
        try insertion.execute(arguments: [
          pipeline, repository, entry.ref.full, entry.commit.hex, entry.tag?.hex, Way.poll.rawValue,
          StoredTime.milliseconds(date),
        ])
      }
    }
  }

  public func whereabouts(
    of tip: RefTip, pipeline: String, repository: String
  ) async throws -> CommitWhereabouts {
    try await read { db in
      let key: StatementArguments = [pipeline, repository, tip.ref.full]
      let source = try db.cachedStatement(
        sql: "SELECT source FROM handled_refs WHERE pipeline = ? AND repository = ? AND ref = ?")
      // What the agent has seen itself is in no doubt.
      guard let teller = try String.fetchOne(source, arguments: key), teller != Way.poll.rawValue else {
        return .notRun
      }
      // Of an annotated tag, a forge may have named the tag itself.
      let other = tip.tag?.hex ?? tip.commit.hex
      // What ended before it had touched anything has changed nothing about the commit that ran before it.
      let last = try db.cachedStatement(
        sql: """
          SELECT number, commit_id, state FROM runs WHERE pipeline = ? AND repository = ? AND ref = ?
            AND state <> 'superseded'
            AND (commit_id IN (?, ?) OR finished_at IS NULL
              OR state <> 'skipped' AND started_at IS NOT NULL AND failed_step IS NOT 'fetch')
            ORDER BY number DESC LIMIT 1
          """)
      guard let row = try Row.fetchOne(last, arguments: key + [tip.commit.hex, other]) else { return .notRun }
      let (commit, state): (String, String) = (row["commit_id"], row["state"])
      if commit == tip.commit.hex || commit == other { return .ranLast(run: row["number"]) }
      guard RunState(rawValue: state)?.isFinal == false else { return .notRun }
      let earlier = try db.cachedStatement(
        sql: """
          SELECT 1 FROM runs WHERE pipeline = ? AND repository = ? AND ref = ? AND commit_id IN (?, ?) LIMIT 1
          """)
      let hasRun = try Int.fetchOne(earlier, arguments: key + [tip.commit.hex, other]) != nil
      return hasRun ? .undecided : .notRun
    }
  }

  public func settle(
    _ tip: RefTip, by run: Int, since commit: CommitID, pipeline: String, repository: String
  ) async throws {
    try await write { db in
      try db.cachedStatement(
        sql: """
          UPDATE handled_refs SET commit_id = ?, tag_id = ?,
            delivery = coalesce((SELECT delivery FROM runs WHERE number = ?), delivery)
          WHERE pipeline = ? AND repository = ? AND ref = ? AND commit_id = ?
          """
      ).execute(arguments: [tip.commit.hex, tip.tag?.hex, run, pipeline, repository, tip.ref.full, commit.hex])
    }
  }

  private static func tip(_ row: Row) throws -> RefTip {
    let (name, commit, tag): (String, String, String?) = (row["ref"], row["commit_id"], row["tag_id"])
    guard let ref = RefName(name), let commit = CommitID(commit) else {
      throw StoreFailure("the store remembers a commit of the ref `\(name)` that cannot be read.")
    }
    return RefTip(ref: ref, commit: commit, tag: tag.flatMap { CommitID($0) })
  }
}
