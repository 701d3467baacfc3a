import GRDB

/// What the order of runs rests on, and how often each delivery came again.
enum Migration0006 {
  static func apply(_ db: Database) throws {
    try db.execute(sql: runs)
    try db.execute(sql: deployedRefs)
    try db.execute(sql: repeats)
  }

  // `mode` and `may_go_back` repeat what is in `request`, so that runs which wait can be compared without being decoded.
  // The first index finds the oldest of each group among any number of queued runs, the second all that wait for one ref.
  private static let runs = """
    ALTER TABLE runs ADD COLUMN mode TEXT NOT NULL DEFAULT 'queue';
    ALTER TABLE runs ADD COLUMN may_go_back INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE runs ADD COLUMN superseded_by INTEGER;

    CREATE INDEX runs_queued_by_group ON runs (concurrency_group, number) WHERE state = 'queued';
    CREATE INDEX runs_queued_by_ref ON runs (pipeline, repository, ref, number) WHERE state = 'queued';
    """

  // No foreign key: the memory outlives the run. What earlier versions have deployed last is the newest so far.
  private static let deployedRefs = """
    CREATE TABLE deployed_refs (
      pipeline TEXT NOT NULL,
      repository TEXT NOT NULL,
      ref TEXT NOT NULL,
      commit_id TEXT NOT NULL,
      run INTEGER NOT NULL,
      PRIMARY KEY (pipeline, repository, ref)
    ) WITHOUT ROWID;

    INSERT INTO deployed_refs (pipeline, repository, ref, commit_id, run)
      SELECT pipeline, repository, ref, commit_id, max(number) FROM runs
      WHERE state = 'succeeded' AND commit_id <> '' GROUP BY pipeline, repository, ref;
    """

  // A table of its own: to count in `deliveries` would write a large body anew each time.
  private static let repeats = """
    CREATE TABLE repeats (
      delivery INTEGER PRIMARY KEY REFERENCES deliveries (number) ON DELETE CASCADE,
      times INTEGER NOT NULL,
      last_at INTEGER NOT NULL
    );
    """
}
