import GRDB

/// What each pipeline was told last of each ref, and what it watches by itself.
enum Migration0003 {
  static func apply(_ db: Database) throws {
    try db.execute(sql: handledRefs)
    try db.execute(sql: watchedRefs)
  }

  // `tag_id`: an annotated tag's own id, where `commit_id` is that of the commit behind it.
  // `delivery`: NULL where the ref was only seen at the first look, and nothing was asked to start. No foreign key: the
  // memory outlives the delivery.
  private static let handledRefs = """
    CREATE TABLE handled_refs (
      pipeline TEXT NOT NULL,
      repository TEXT NOT NULL,
      ref TEXT NOT NULL,
      commit_id TEXT NOT NULL,
      tag_id TEXT,
      source TEXT NOT NULL,
      delivery INTEGER,
      handled_at INTEGER NOT NULL,
      PRIMARY KEY (pipeline, repository, ref)
    ) WITHOUT ROWID;
    """

  // `patterns`: the branches and tags that were watched at the last look, as JSON.
  private static let watchedRefs = """
    CREATE TABLE watched_refs (
      pipeline TEXT NOT NULL,
      repository TEXT NOT NULL,
      patterns TEXT NOT NULL,
      PRIMARY KEY (pipeline, repository)
    ) WITHOUT ROWID;
    """
}
