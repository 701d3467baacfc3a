import GRDB
public import Model
import Synchronization

/// The agent's memory: the inbox and the runs, in one SQLite file.
///
/// There is exactly one connection, and nobody else opens the file: the command line goes through the agent.
/// (SQLite before 3.51.3 can corrupt its write-ahead log when two connections write or checkpoint at once.)
/// Everything runs on that connection's own serial queue, never on the cooperative thread pool.
///
/// A write that fails fails whole. From a disk that failed it comes back by itself (`Recovery`).
public final class SQLiteStore: Sendable, StoreCondition {
  let path: String
  let connection: OneConnection
  let commits: GroupCommit
  let checkpoints: Checkpoints
  let rejections: RejectionRing
  let health: StoreHealth
  private let recovery: Recovery
  let copying = Atomic(false)
  /// Held until the store is closed: one agent per data directory.
  private let lock: DataLock

  /// Opens the file, makes it where it is missing, brings it to the current schema, and checks it.
  ///
  /// - Parameters:
  ///   - path: absolute; the folder is made (mode 0700) where it is missing, and is locked.
  ///   - onTrouble: told when nothing can be recorded any more, when that becomes worse, and with `nil` when it is over;
  ///     from any thread.
  /// - Throws: `StoreFailure` where another agent has the folder, the file is damaged, was written by a newer
  ///   Pushrod, or cannot be read and written. The sentence says what to do. A full disk is trouble, and no failure: there
  ///   is an agent then, which refuses deliveries until there is room.
  public static func open(
    path: String, onTrouble: @escaping @Sendable (StoreTrouble?) -> Void = { _ in }
  ) throws -> SQLiteStore {
    try SQLiteStore(path: path, patience: .seconds(7), onTrouble: onTrouble)
  }

  /// - Parameter patience: how long a delivery waits for the disk.
  init(path: String, patience: Duration, onTrouble: @escaping @Sendable (StoreTrouble?) -> Void) throws {
    self.path = path
    lock = try DataLock(folder: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    health = StoreHealth(path: path, tell: onTrouble)
    do {
      _ = try RestoredStore.finish(at: path)
      UnlinkedCopy.removeRemains(of: path)
      try PrivateFile.make(path)
      connection = try OneConnection(path: path)
    } catch {
      throw StoreFailure(error, path: path)
    }
    checkpoints = Checkpoints(connection, health)
    commits = GroupCommit(connection, health, checkpoints, patience: patience)
    rejections = RejectionRing(connection, health)
    recovery = Recovery(connection, health)
    health.onTrouble { [weak recovery] in recovery?.begin() }
    try settle()
  }

  private func settle() throws {
    try connection.sync { db in
      do {
        try Connection.settle(db)
      } catch {
        guard Ailment(error) == .passing else { throw health.failure(error, db) }
        // What the log holds may be answered for by nobody before it is settled.
        health.suffer(.suspect, StoreFailure(error, path: path, system: SystemError.words(db)).description)
      }
    }
  }

  public var trouble: StoreTrouble? { health.trouble }

  /// Brings everything into the main file and closes it. Nothing may be asked of the store afterwards.
  public func close() throws {
    recovery.stop()
    do {
      if health.refusal == nil {
        try connection.sync { db in
          rejections.flush(db)
          try Connection.checkpoint(.truncate, db)
        }
      }
      try connection.close()
      lock.release()
    } catch {
      throw StoreFailure(error, path: path)
    }
  }

  // MARK: Work on the connection

  /// Returns when the connection has come to a job that was put behind all that it has to do now. A commit that the
  /// disk does not answer holds it up; a store that fails does not.
  public func comeRound() async { try? await onConnection { _ in } }

  func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    try await onConnection(body)
  }

  /// Reads, with the waiting notes of refused requests written first where that is possible.
  func readInbox<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    try await onConnection { [rejections] db in
      rejections.flush(db)
      return try body(db)
    }
  }

  /// In one transaction. Durable when it returns.
  func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    try await onConnection { [health, connection] db in
      if let refusal = health.refusal { throw refusal }
      if connection.isMoved { throw health.suffer(.lost, StoreFailure.moved(connection.path).description) }
      var value: Value?
      try db.inTransaction(.immediate) {
        value = try body(db)
        return .commit
      }
      guard let value else { throw StoreFailure("nothing was recorded.") }
      return value
    }
  }

  /// On the connection's queue, with what goes wrong put into the words of the store and noted.
  func onConnection<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    do {
      return try await connection.run { [health] db in
        do { return try body(db) } catch { throw health.failure(error, db) }
      }
    } catch let error as OneConnection.Closed {
      throw health.refusal ?? StoreFailure(error.description)
    }
  }
}
