import GRDB
import Model

/// How the one connection is set up. The figures behind each line are in docs/decisions/0002-store.md.
enum Connection {
  static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "store"
    // A person looking at the file with the sqlite3 tool may hold it for a moment while the agent starts.
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { db in
      // First of all: in exclusive mode the log's index lives in memory, there is no -shm file, and no other
      // process can get in between.
      try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      // Every commit is on the disk before it returns.
      try db.execute(sql: "PRAGMA synchronous = FULL")
      // `Checkpoints` does this when nobody waits.
      try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
      // A read error of a mapped page is a signal that kills the process; of an unmapped one it is an error.
      try db.execute(sql: "PRAGMA mmap_size = 0")
      // What retention removes is gone from the file, too. (Debian's SQLite does so by itself, others do not.)
      try db.execute(sql: "PRAGMA secure_delete = ON")
      try db.execute(sql: "PRAGMA trusted_schema = OFF")
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
    }
    return configuration
  }

  /// A damaged file is found when it is opened, not when a deploy needs it.
  static func check(_ db: Database, path: String) throws {
    guard try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal" else {
      throw StoreFailure(
        "\(path) cannot be kept with a write-ahead log; the data directory must be on a local disk.")
    }
    let finding = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
    guard finding == "ok" else {
      throw StoreFailure.damaged(path, detail: finding ?? "no result")
    }
  }
}
