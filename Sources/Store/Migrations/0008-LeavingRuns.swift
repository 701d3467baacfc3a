import GRDB

/// The runs that retention has removed and whose directories may still be there.
enum Migration0008 {
  static func apply(_ db: Database) throws {
    // A directory without a row is removed only if it is in here: it could be one of a store that was replaced.
    try db.execute(sql: "CREATE TABLE leaving_runs (number INTEGER PRIMARY KEY)")
    // All that retention has to know of a run, without the rows, of which `request` is nearly everything.
    try db.execute(sql: "CREATE INDEX runs_for_retention ON runs (number, pipeline, state, finished_at)")
  }
}
