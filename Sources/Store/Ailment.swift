import GRDB

/// What a failure says about the connection that met it. The later ones include what the earlier ones ask for.
enum Ailment: Int, Comparable {
  /// Nothing is wrong with the connection: there is no room, or no memory, or the disk keeps it waiting.
  case passing
  /// What the kernel holds of the files need not be what the disk holds: everything must be written and synced anew
  /// before anything is recorded (docs/decisions/0016-failed-disks.md).
  case suspect
  /// The open file is not one that can be gone on with: damaged, read-only, or not the one at the path any more.
  case lost

  static func < (left: Ailment, right: Ailment) -> Bool { left.rawValue < right.rawValue }

  /// `nil` where the cause is in what was asked, and the next request need not meet it.
  init?(_ error: any Error) {
    guard let error = error as? DatabaseError else { return nil }
    switch error.resultCode {
    case .SQLITE_FULL, .SQLITE_NOMEM, .SQLITE_BUSY: self = .passing
    case .SQLITE_IOERR: self = .suspect
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .lost
    default: return nil
    }
  }
}
