import GRDB

/// The inbox and the runs.
enum Migration0001 {
  static func apply(_ db: Database) throws {
    try db.execute(sql: deliveries)
    try db.execute(sql: runs)
  }

  // Times are milliseconds since 1970. `body` is last: what listings read lies before it, so they need not
  // walk the overflow pages of a large payload. AUTOINCREMENT: a number is never given twice.
  private static let deliveries = """
    CREATE TABLE deliveries (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      source TEXT NOT NULL,
      id TEXT NOT NULL,
      event TEXT,
      received_at INTEGER NOT NULL,
      address TEXT,
      verdict TEXT NOT NULL CHECK (verdict IN ('started', 'ignored', 'rejected')),
      reason TEXT,
      runs TEXT,
      decisions TEXT,
      body_size INTEGER NOT NULL,
      headers BLOB NOT NULL,
      body BLOB NOT NULL
    );

    -- An id that was accepted is accepted once. A refused request claims nothing: anybody can send one.
    CREATE UNIQUE INDEX deliveries_accepted ON deliveries (source, id) WHERE verdict <> 'rejected';

    CREATE INDEX deliveries_rejected ON deliveries (number) WHERE verdict = 'rejected';
    """

  // `request` is the whole of it as JSON; the columns before it repeat what is searched for.
  private static let runs = """
    CREATE TABLE runs (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      delivery INTEGER REFERENCES deliveries (number) ON DELETE SET NULL,
      pipeline TEXT NOT NULL,
      repository TEXT NOT NULL,
      ref TEXT NOT NULL,
      commit_id TEXT NOT NULL,
      concurrency_group TEXT NOT NULL,
      state TEXT NOT NULL,
      reason TEXT,
      failed_step TEXT,
      queued_at INTEGER NOT NULL,
      started_at INTEGER,
      finished_at INTEGER,
      request TEXT NOT NULL
    );

    CREATE INDEX runs_by_state ON runs (state, number);
    CREATE INDEX runs_by_pipeline ON runs (pipeline, number);
    CREATE INDEX runs_by_commit ON runs (commit_id, number);
    CREATE INDEX runs_by_delivery ON runs (delivery) WHERE delivery IS NOT NULL;
    """
}
