import GRDB
import Model

extension StoreFailure {
  /// Puts an error of the database into a sentence for the operator. SQL arguments stay out of it.
  /// - Parameter system: what the operating system said, where it is known.
  init(_ error: any Error, path: String, system: String? = nil) {
    switch error {
    case let failure as StoreFailure: self = failure
    case let error as DatabaseError: self.init(StoreFailure.sentence(error, path, system))
    default: self.init("the store \(path) failed: \(error).")
    }
  }

  static func damaged(_ path: String, detail: String) -> StoreFailure {
    StoreFailure(
      "the store \(path) is damaged (\(detail)). Stop the agent and put a backup in its place (`pushrod restore FILE`), "
        + "or move the file away: the agent then starts with an empty one, and redelivering at the forge brings "
        + "pushes back.")
  }

  static func moved(_ path: String) -> StoreFailure {
    StoreFailure(
      "the store \(path) was moved, replaced or removed while the agent used it; put it back, or restart the agent to "
        + "begin with what is there now.")
  }

  private static func sentence(_ error: DatabaseError, _ path: String, _ system: String?) -> String {
    let said = error.message ?? error.resultCode.description
    let detail = system.map { "\(said): \($0)" } ?? said
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
