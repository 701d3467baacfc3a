import GRDB
import Model

extension StoreFailure {
  /// Puts an error of the database into a sentence for the operator. SQL arguments stay out of it.
  init(_ error: any Error, path: String) {
    switch error {
    case let failure as StoreFailure: self = failure
    case let error as DatabaseError: self.init(StoreFailure.sentence(error, path))
    default: self.init("the store \(path) failed: \(error).")
    }
  }

  /// A task that was cancelled while it waited is not a failure of the store.
  static func unlessCancelled(_ error: any Error, path: String) -> any Error {
    error is CancellationError ? error : StoreFailure(error, path: path)
  }

  /// The cause is not in what was to be written, so nothing else can be written either.
  static func isOfTheDisk(_ error: any Error) -> Bool {
    guard let error = error as? DatabaseError else { return false }
    switch error.resultCode {
    case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_CORRUPT, .SQLITE_NOTADB,
      .SQLITE_NOMEM, .SQLITE_BUSY:
      return true
    default: return false
    }
  }

  static func damaged(_ path: String, detail: String) -> StoreFailure {
    StoreFailure(
      "the store \(path) is damaged (\(detail)). Put a backup in its place, or move the file away: "
        + "the agent then starts with an empty one, and redelivering at the forge brings pushes back.")
  }

  private static func sentence(_ error: DatabaseError, _ path: String) -> String {
    let detail = error.message ?? error.resultCode.description
    switch error.resultCode {
    case .SQLITE_FULL:
      return "the disk that holds \(path) is full; deliveries are taken again as soon as there is room."
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
      return "the store \(path) cannot be written (\(detail)); the folder and the file must belong to the "
        + "agent's user, on a disk that is mounted for writing."
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return "the store \(path) is locked by another program; close it there (no one but the agent may open "
        + "this file)."
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      return damaged(path, detail: detail).description
    case .SQLITE_IOERR:
      return "the disk failed while the store \(path) was used (\(detail)); see the kernel's log."
    default:
      return "the store \(path) failed (\(error.extendedResultCode.rawValue)): \(detail)."
    }
  }
}
