import GRDB

/// The pushes that were found by comparing tips, and of which no delivery has told yet.
enum Migration0007 {
  static func apply(_ db: Database) throws { try db.execute(sql: foundRefs) }

  // `tag_id`: as in `handled_refs`. `delivery`: the one that was made of the find. No foreign key: the memory outlives it.
  private static let foundRefs = """
    CREATE TABLE found_refs (
      pipeline TEXT NOT NULL,
      repository TEXT NOT NULL,
      ref TEXT NOT NULL,
      commit_id TEXT NOT NULL,
      tag_id TEXT,
      delivery INTEGER NOT NULL,
      PRIMARY KEY (pipeline, repository, ref, commit_id)
    ) WITHOUT ROWID;
    """
}
