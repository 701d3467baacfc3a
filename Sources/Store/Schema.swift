import GRDB
import Model

/// The migrations, in order. One that was released is never changed; the next one is added below it.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("0001 inbox and runs", migrate: Migration0001.apply)
    migrator.registerMigration("0002 ways and replays", migrate: Migration0002.apply)
    migrator.registerMigration("0003 handled refs", migrate: Migration0003.apply)
    migrator.registerMigration("0004 tokens and audit", migrate: Migration0004.apply)
    migrator.registerMigration("0005 accepted ids", migrate: Migration0005.apply)
    migrator.registerMigration("0006 order", migrate: Migration0006.apply)
    migrator.registerMigration("0007 found refs", migrate: Migration0007.apply)
    migrator.registerMigration("0008 leaving runs", migrate: Migration0008.apply)
    migrator.registerMigration("0009 run duration", migrate: Migration0009.apply)
    migrator.registerMigration("0010 schedules", migrate: Migration0010.apply)
    migrator.registerMigration("0011 succeeded refs", migrate: Migration0011.apply)
    return migrator
  }

  /// Brings the file to this version's schema, each step in a transaction of its own.
  /// - Throws: `StoreFailure` where a newer Pushrod wrote the file.
  static func migrate(_ queue: DatabaseQueue, path: String) throws {
    let migrator = migrator
    guard try queue.read({ try !migrator.hasBeenSuperseded($0) }) else {
      throw newer(path)
    }
    try migrator.migrate(queue)
  }

  static func newer(_ path: String) -> StoreFailure {
    StoreFailure(
      "the store \(path) was written by a newer pushrod than this one (\(PushrodVersion.current)); install that "
        + "version again, or put back the backup from before the upgrade.")
  }
}
