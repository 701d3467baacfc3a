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
      for ref in dropped { try deletion.execute(arguments: [pipeline, repository, ref.full]) }
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

  private static func tip(_ row: Row) throws -> RefTip {
    let (name, commit, tag): (String, String, String?) = (row["ref"], row["commit_id"], row["tag_id"])
    guard let ref = RefName(name), let commit = CommitID(commit) else {
      throw StoreFailure("the store remembers a commit of the ref `\(name)` that cannot be read.")
    }
    return RefTip(ref: ref, commit: commit, tag: tag.flatMap { CommitID($0) })
  }
}
