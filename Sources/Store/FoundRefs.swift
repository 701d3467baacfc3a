import GRDB
import Model

/// What was found by comparing tips, until a delivery tells of it: the first one that does tells nothing new.
enum FoundRefs {
  /// Of one ref of a pipeline. Whose delivery has not come after so many other finds will hardly come any more.
  private static let most = 20

  static func add(_ move: RefMove, delivery: Int, _ db: Database) throws {
    guard let commit = move.commit else { return }
    let key: StatementArguments = [move.pipeline, move.repository, move.ref.full]
    try db.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO found_refs (pipeline, repository, ref, commit_id, tag_id, delivery)
        VALUES (?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: key + [commit.hex, move.tag?.hex, delivery])
    try db.cachedStatement(
      sql: """
        DELETE FROM found_refs WHERE pipeline = ? AND repository = ? AND ref = ? AND delivery NOT IN (
          SELECT delivery FROM found_refs WHERE pipeline = ? AND repository = ? AND ref = ?
          ORDER BY delivery DESC LIMIT \(most))
        """
    ).execute(arguments: key + key)
  }

  /// Takes out what a delivery tells of.
  /// - Returns: the delivery that was made of it, where it had been found.
  static func take(_ move: RefMove, _ db: Database) throws -> Int? {
    guard let commit = move.commit else { return nil }
    let statement = try db.cachedStatement(
      sql: """
        DELETE FROM found_refs WHERE pipeline = ? AND repository = ? AND ref = ? AND (commit_id = ? OR tag_id = ?)
        RETURNING delivery
        """)
    return try Int.fetchOne(
      statement, arguments: [move.pipeline, move.repository, move.ref.full, commit.hex, commit.hex])
  }
}
