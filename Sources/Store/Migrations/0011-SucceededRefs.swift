import GRDB

/// Which commit of each ref a run has deployed with success: what is compared with to tell which files changed.
enum Migration0011 {
  static func apply(_ db: Database) throws {
    try db.execute(sql: columns)
    try db.execute(sql: known)
  }

  private static let columns = """
    ALTER TABLE deployed_refs ADD COLUMN succeeded_commit_id TEXT;
    ALTER TABLE deployed_refs ADD COLUMN succeeded_run INTEGER;
    """

  private static let known = """
    UPDATE deployed_refs SET (succeeded_commit_id, succeeded_run) = (
      SELECT commit_id, max(number) FROM runs
      WHERE state = 'succeeded' AND commit_id <> '' AND pipeline = deployed_refs.pipeline
        AND repository = deployed_refs.repository AND ref = deployed_refs.ref);
    """
}
