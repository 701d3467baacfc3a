import GRDB
import Glibc
import Model

/// Puts a backup in the place of a store that no agent uses.
///
/// The new store is made whole beside the old one, and then gets the name `….restoring`: from that moment on it counts, also
/// after a kill or a power cut, and whoever opens the store next brings the work to its end (`finish`). Before that moment
/// nothing has happened.
public struct RestoredStore: Sendable {
  public var contents: StoreContents
  /// Where the old store is kept; `nil` where there was none.
  public var kept: String?

  private static let logSuffixes = ["-wal", "-shm", "-journal"]

  /// - Parameters:
  ///   - backup: only read. A log beside it (a store that was put away like this) counts.
  ///   - path: of the store, absolute.
  ///   - progress: told how many bytes of how many were copied.
  /// - Throws: `StoreFailure` where an agent uses the store, the backup cannot be used, or there is no room.
  public static func restore(
    from backup: String, to path: String, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> RestoredStore {
    let folder = PrivateFile.folder(of: path)
    // Made here it would be the property of whoever restores, and closed to the agent.
    guard access(folder, F_OK) == 0 else {
      throw StoreFailure("there is no folder \(folder); start the agent once, which makes it, or make it for its user.")
    }
    let lock = try DataLock(folder: folder)
    defer { lock.release() }
    _ = try finish(at: path)
    let part = path + ".restoring.part"
    for suffix in [""] + logSuffixes { unlink(part + suffix) }
    do {
      for suffix in ["", "-wal"] {
        try FileCopy.copy(backup + suffix, to: part + suffix, mayBeMissing: suffix != "", progress: progress)
      }
      let contents = try settle(part)
      try FileCopy.sync(part)
      guard rename(part, path + ".restoring") == 0 else { throw failure("rename", part) }
      try PrivateFile.syncFolder(folder)
      return RestoredStore(contents: contents, kept: try finish(at: path))
    } catch {
      for suffix in [""] + logSuffixes { unlink(part + suffix) }
      throw error
    }
  }

  /// Brings a restore that was cut short to its end. The data lock must be held, and the store closed.
  ///
  /// Each step is one that a second attempt finds done: the log of the old store is moved away before the store itself,
  /// because SQLite would take what is in it for a part of whichever store it lies beside.
  /// - Returns: where the old store is kept; `nil` where there was none, or nothing to do.
  /// - Throws: `StoreFailure`.
  static func finish(at path: String) throws(StoreFailure) -> String? {
    let restored = path + ".restoring"
    guard access(restored, F_OK) == 0 else { return nil }
    let kept = freeName(for: path)
    for suffix in logSuffixes { try move(path + suffix, to: kept + suffix) }
    let wasThere = try move(path, to: kept)
    try move(restored, to: path)
    try PrivateFile.syncFolder(PrivateFile.folder(of: path))
    return wasThere ? kept : nil
  }

  /// `pushrod.db.replaced-1`, -2, …
  private static func freeName(for path: String) -> String {
    var number = 1
    while access("\(path).replaced-\(number)", F_OK) == 0 { number += 1 }
    return "\(path).replaced-\(number)"
  }

  /// - Returns: whether there was such a file.
  @discardableResult
  private static func move(_ path: String, to target: String) throws(StoreFailure) -> Bool {
    if rename(path, target) == 0 { return true }
    guard errno == ENOENT else { throw failure("rename", path) }
    return false
  }

  /// Makes one whole file of the copy, in the form that is kept in one file.
  private static func settle(_ part: String) throws -> StoreContents {
    do {
      try LogInspection.check(part + "-wal", of: part)
      var configuration = Configuration()
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
      let queue = try DatabaseQueue(path: part, configuration: configuration)
      let contents = try queue.inDatabase { db in
        let contents = try StoreFile.contents(db, "the backup")
        _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE")
        return contents
      }
      try queue.close()
      for suffix in logSuffixes where access(part + suffix, F_OK) == 0 {
        throw StoreFailure("the log of the backup could not be brought into it.")
      }
      return contents
    } catch {
      throw StoreFile.failure(error, "the backup")
    }
  }

  private static func failure(_ what: String, _ path: String) -> StoreFailure {
    StoreFailure("cannot \(what) \(path): \(String(cString: strerror(errno))).")
  }
}
