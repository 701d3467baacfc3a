import GRDB
import Model

/// The agent's memory: the inbox and the runs, in one SQLite file.
///
/// There is exactly one connection, and nobody else opens the file: the command line goes through the agent.
/// (SQLite before 3.51.3 can corrupt its write-ahead log when two connections write or checkpoint at once.)
/// Everything runs on that connection's own serial queue, never on the cooperative thread pool.
public final class SQLiteStore: Sendable {
  let queue: DatabaseQueue
  let path: String
  let commits: GroupCommit
  let rejections: RejectionRing
  let checkpoints: Checkpoints
  /// Held until the store is closed: one agent per data directory.
  private let lock: DataLock

  /// Opens the file, makes it where it is missing, brings it to the current schema, and checks it.
  ///
  /// - Parameter path: absolute; the folder is made (mode 0700) where it is missing, and is locked.
  /// - Throws: `StoreFailure` where another agent has the folder, the file is damaged, was written by a newer
  ///   Pushrod, or cannot be read and written. The sentence says what to do.
  public static func open(path: String) throws -> SQLiteStore {
    try SQLiteStore(path: path)
  }

  private init(path: String) throws {
    self.path = path
    lock = try DataLock(folder: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    try PrivateFile.make(path)
    do {
      queue = try DatabaseQueue(path: path, configuration: Connection.configuration)
      try queue.inDatabase { try Connection.check($0, path: path) }
      try Schema.migrate(queue, path: path)
    } catch {
      throw StoreFailure(error, path: path)
    }
    checkpoints = Checkpoints(queue)
    commits = GroupCommit(queue, path: path, checkpoints: checkpoints)
    rejections = RejectionRing(queue)
  }

  /// Brings everything into the main file and closes it. Nothing may be asked of the store afterwards.
  public func close() throws {
    do {
      try queue.writeWithoutTransaction { db in
        rejections.flush(db)
        _ = try db.checkpoint(.truncate)
      }
      try queue.close()
      lock.release()
    } catch {
      throw StoreFailure(error, path: path)
    }
  }

  func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    do {
      return try await queue.read(body)
    } catch {
      throw StoreFailure.unlessCancelled(error, path: path)
    }
  }

  /// Reads, with the waiting notes of refused requests written first where that is possible.
  func readInbox<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    let rejections = rejections
    do {
      return try await queue.writeWithoutTransaction { db in
        rejections.flush(db)
        return try body(db)
      }
    } catch {
      throw StoreFailure.unlessCancelled(error, path: path)
    }
  }

  func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    do {
      return try await queue.write(body)
    } catch let error as RunState.IllegalTransition {
      throw error
    } catch {
      throw StoreFailure.unlessCancelled(error, path: path)
    }
  }
}
