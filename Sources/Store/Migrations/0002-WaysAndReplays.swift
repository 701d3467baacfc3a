import GRDB

/// How each delivery came, and which one it repeats.
enum Migration0002 {
  static func apply(_ db: Database) throws {
    try db.execute(
      sql: """
        ALTER TABLE deliveries ADD COLUMN way TEXT NOT NULL DEFAULT 'webhook';
        ALTER TABLE deliveries ADD COLUMN replay_of INTEGER;

        -- A replay has the id of what it repeats.
        DROP INDEX deliveries_accepted;
        CREATE UNIQUE INDEX deliveries_accepted ON deliveries (source, id)
          WHERE verdict <> 'rejected' AND replay_of IS NULL;
        """)
  }
}
