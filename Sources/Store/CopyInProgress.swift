import GRDB
import GRDBSQLite
import Model

/// A copy that SQLite makes page by page (https://www.sqlite.org/backup.html).
///
/// What the connection writes between two steps goes to the copy as well, where that page was copied already; so the copy
/// is never begun anew, and shows the store as it is after the last step.
///
/// Not thread-safe, and marked as if it were because every call comes from the source connection's queue, one after the
/// other; no one else knows of the target.
final class CopyInProgress: @unchecked Sendable {
  private var target: OpaquePointer?
  private var backup: OpaquePointer?
  private let path: String

  /// - Parameter path: an empty file, which nobody else uses.
  init(of source: Database, to path: String) throws {
    self.path = path
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(path, &target, flags, nil) == SQLITE_OK else { throw failure("cannot be opened") }
    // Nobody relies on it before it is whole, checked and synced, elsewhere.
    guard
      sqlite3_exec(
        target, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nil, nil, nil)
        == SQLITE_OK
    else { throw failure("cannot be prepared") }
    backup = sqlite3_backup_init(target, "main", source.sqliteConnection, "main")
    guard backup != nil else { throw failure("cannot be begun") }
  }

  deinit { close() }

  /// Copies some pages.
  /// - Returns: whether the copy is whole.
  func step(pages: Int32) throws -> Bool {
    switch sqlite3_backup_step(backup, pages) {
    case SQLITE_DONE: return true
    case SQLITE_OK, SQLITE_BUSY, SQLITE_LOCKED: return false
    case let code: throw failure("cannot be written", code)
    }
  }

  /// Ends the copy, whole or not, and closes it.
  /// - Throws: `StoreFailure` where what was copied cannot be relied upon.
  func finish() throws {
    let code = sqlite3_backup_finish(backup)
    backup = nil
    guard code == SQLITE_OK else { throw failure("was not finished", code) }
    // The store's own mode was copied with its first page; a backup is one file, without a log.
    guard sqlite3_exec(target, "PRAGMA journal_mode=DELETE", nil, nil, nil) == SQLITE_OK else {
      throw failure("was not finished")
    }
    close()
  }

  private func close() {
    if backup != nil { sqlite3_backup_finish(backup) }
    backup = nil
    sqlite3_close_v2(target)
    target = nil
  }

  private func failure(_ what: String, _ code: Int32? = nil) -> StoreFailure {
    let code = code ?? sqlite3_errcode(target)
    let detail =
      code & 0xff == SQLITE_FULL ? "the disk is full" : String(cString: sqlite3_errstr(code))
    return StoreFailure("the copy \(path) \(what): \(detail).")
  }
}
