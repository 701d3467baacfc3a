public import FoundationEssentials
import GRDB
import Model

/// What is in a store that no agent uses: a backup.
public struct StoreContents: Codable, Hashable, Sendable {
  /// In bytes.
  public var size: Int
  public var deliveries: Int
  public var runs: Int
  /// Of the newest delivery; `nil` where there is none.
  public var newest: Date?
}

/// A file with a store in it that no agent uses.
public enum StoreFile {
  /// Reads all of it, and says what is in it.
  ///
  /// - Parameter path: only read; it must have no log beside it.
  /// - Throws: `StoreFailure` where it is damaged, no store of Pushrod's, or a newer one.
  public static func inspect(_ path: String) throws -> StoreContents {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.label = "backup"
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      defer { try? queue.close() }
      return try queue.inDatabase { try contents($0, path) }
    } catch {
      throw failure(error, path)
    }
  }

  /// - Throws: `DatabaseError`, `StoreFailure`.
  static func contents(_ db: Database, _ path: String) throws -> StoreContents {
    guard try db.tableExists("grdb_migrations"), try db.tableExists("deliveries"), try db.tableExists("runs") else {
      throw StoreFailure("\(path) is a database, but no store of Pushrod's.")
    }
    guard try !Schema.migrator.hasBeenSuperseded(db) else { throw Schema.newer(path) }
    // All of it, with every index: this is what a start does not take the time for.
    let finding = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
    guard finding == "ok" else { throw StoreFailure("\(path) is damaged (\(finding ?? "no result")).") }
    let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
    let newest = try Int64.fetchOne(
      db, sql: "SELECT received_at FROM deliveries WHERE verdict <> 'rejected' ORDER BY number DESC LIMIT 1")
    return StoreContents(
      size: pages * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0),
      deliveries: try Int.fetchOne(db, sql: "SELECT count(*) FROM deliveries WHERE verdict <> 'rejected'") ?? 0,
      runs: try Int.fetchOne(db, sql: "SELECT count(*) FROM runs") ?? 0, newest: newest.map(StoredTime.date))
  }

  static func failure(_ error: any Error, _ path: String) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_NOTADB: return StoreFailure("\(path) is no store: it is not an SQLite database.")
    case .SQLITE_CORRUPT: return StoreFailure("\(path) is damaged (\(error.message ?? "malformed")).")
    default: return StoreFailure("\(path) cannot be read (\(error.message ?? error.resultCode.description)).")
    }
  }
}
