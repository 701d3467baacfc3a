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
      #if PROOF_WITHOUT_FSYNC
        // Only where Package.swift was told so: what `scripts/torture/run --prove` must find out.
        try db.execute(sql: "PRAGMA synchronous = OFF")
      #else
        // Every commit is on the disk before it returns.
        try db.execute(sql: "PRAGMA synchronous = FULL")
      #endif
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

  /// Opens the file that is at `path`, checks it, and brings it to the current schema. The data lock must be held.
  ///
  /// - Throws: `DatabaseError`, or `StoreFailure` with the sentence for what is wrong with the file.
  static func open(_ path: String) throws -> DatabaseQueue {
    try LogInspection.check(path + "-wal", of: path)
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.inDatabase { try check($0, path: path) }
    try Schema.migrate(queue, path: path)
    return queue
  }

  /// A damaged file is found when it is opened, not when a deploy needs it.
  private static func check(_ db: Database, path: String) throws {
    guard try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal" else {
      throw StoreFailure(
        "\(path) cannot be kept with a write-ahead log; the data directory must be on a local disk.")
    }
    let finding = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
    guard finding == "ok" else {
      throw StoreFailure.damaged(path, detail: finding ?? "no result")
    }
  }

  /// Makes true on the disk what the connection sees: everything in the log is written again, into the main file,
  /// both are synced, and the log begins anew with a first small commit, which shows that writing works.
  ///
  /// After a kill -9 the log may hold a commit that no fsync brought to the disk; after a failed fsync the kernel takes
  /// for clean what the disk may not have. Neither may be answered for before this.
  static func settle(_ db: Database) throws {
    try checkpoint(.truncate, db)
    try db.execute(sql: "PRAGMA user_version = 0")
  }

  /// Whoever was cancelled while it asked may have left its interrupt behind (sqlite3_interrupt): a statement clears it, a
  /// checkpoint alone would only fail on it.
  static func checkpoint(_ kind: Database.CheckpointMode, _ db: Database) throws {
    try db.execute(sql: "SELECT 1")
    try db.checkpoint(kind)
  }
}
