import GRDB
import GRDBSQLite
import Glibc

/// What the operating system said when a call of SQLite's failed.
enum SystemError {
  /// On the connection's queue, right after the failure. `nil` where the system said nothing.
  static func words(_ db: Database) -> String? {
    guard let connection = db.sqliteConnection else { return nil }
    // SQLite keeps the error with the file that had it; for the connection only on some of its ways.
    var log: UnsafeMutablePointer<sqlite3_file>?
    sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log)
    var code: Int32 = 0
    if let log, let methods = log.pointee.pMethods {
      _ = methods.pointee.xFileControl?(log, SQLITE_FCNTL_LAST_ERRNO, &code)
    }
    if code == 0 { sqlite3_file_control(connection, "main", SQLITE_FCNTL_LAST_ERRNO, &code) }
    if code == 0 { code = sqlite3_system_errno(connection) }
    return code == 0 ? nil : String(cString: strerror(code))
  }
}
