import GRDB
import GRDBSQLite
import Glibc

/// What the operating system said when a call of SQLite's failed.
enum SystemError {
  /// On the connection's queue, right after the failure. `nil` where the system said nothing.
  static func words(_ db: Database) -> String? {
    guard let connection = db.sqliteConnection else { return nil }
    let code = sqlite3_system_errno(connection)
    return code == 0 ? nil : String(cString: strerror(code))
  }
}
