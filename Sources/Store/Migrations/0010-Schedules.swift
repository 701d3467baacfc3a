import GRDB

/// Which time of each schedule was handled last.
enum Migration0010 {
  static func apply(_ db: Database) throws { try db.execute(sql: schedules) }

  // `timezone`: empty for UTC. `handled_until`: times up to then are done with. `last_run`: no foreign key, since the memory
  // outlives the run.
  private static let schedules = """
    CREATE TABLE schedules (
      pipeline TEXT NOT NULL,
      cron TEXT NOT NULL,
      timezone TEXT NOT NULL,
      handled_until INTEGER NOT NULL,
      last_run INTEGER,
      PRIMARY KEY (pipeline, cron, timezone)
    ) WITHOUT ROWID;
    """
}
