import GRDB

/// How long a run took, as its runner measured it.
enum Migration0009 {
  static func apply(_ db: Database) throws {
    // In milliseconds of the monotonic clock. NULL for older runs and for those whose runner could not say.
    try db.execute(sql: "ALTER TABLE runs ADD COLUMN took INTEGER")
  }
}
