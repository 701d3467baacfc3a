import Dispatch
import GRDB
import Glibc
import Model
import Synchronization

/// The one connection to the file, which can be closed and opened anew beneath those who use it.
///
/// Everything runs on the connection's own serial queue. Nobody else in the process may open the file, not even to look at
/// it: closing any descriptor of a file gives up the process's locks on it (fcntl(2)).
final class OneConnection: Sendable {
  private struct Opened {
    var queue: DatabaseQueue
    var file: FileIdentity
  }

  let path: String
  private let opened: Mutex<Opened?>

  /// - Throws: as `Connection.open` does.
  init(path: String) throws {
    self.path = path
    opened = Mutex(try OneConnection.open(path))
  }

  private static func open(_ path: String) throws -> Opened {
    let queue = try Connection.open(path)
    guard let file = FileIdentity(path) else { throw StoreFailure("the store \(path) has just been removed.") }
    return Opened(queue: queue, file: file)
  }

  /// Another file, or none, is at the path of the one that is open: what is recorded now would be lost with the last
  /// descriptor.
  var isMoved: Bool {
    guard let file = opened.withLock({ $0?.file }) else { return false }
    return FileIdentity(path) != file
  }

  /// Runs `body` on the connection's queue, behind what waits there; with `nil` where it is closed.
  func async(_ body: @escaping @Sendable (Database?) -> Void) {
    guard let queue = opened.withLock({ $0?.queue }) else { return DispatchQueue.global().async { body(nil) } }
    queue.asyncWriteWithoutTransaction { db in body(db.sqliteConnection == nil ? nil : db) }
  }

  /// The same, for who waits.
  /// - Throws: `Closed`, and what `body` throws.
  func run<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    guard let queue = opened.withLock({ $0?.queue }) else { throw Closed() }
    return try await queue.writeWithoutTransaction { db in
      // Closed while this waited: SQLite would follow a null pointer.
      guard db.sqliteConnection != nil else { throw Closed() }
      return try body(db)
    }
  }

  /// The same, blocking. Not from the connection's own queue.
  func sync<Value>(_ body: (Database) throws -> Value) throws -> Value {
    guard let queue = opened.withLock({ $0?.queue }) else { throw Closed() }
    return try queue.writeWithoutTransaction { db in
      guard db.sqliteConnection != nil else { throw Closed() }
      return try body(db)
    }
  }

  /// Closes the file and opens the one that is at the path now, with every check of a start. Where that fails, the
  /// connection stays closed. Blocks; not from the connection's own queue.
  func reopen() throws {
    try close()
    // None is made in its place: an empty store would take an old push for a new one.
    guard FileIdentity(path) != nil else {
      throw StoreFailure("the store \(path) is gone; put it back, or restart the agent to begin with an empty one.")
    }
    let fresh = try OneConnection.open(path)
    opened.withLock { $0 = fresh }
  }

  /// Blocks until what was begun is done. Harmless to call again.
  func close() throws {
    guard let queue = opened.withLock({ $0?.queue }) else { return }
    try queue.close()
    opened.withLock { $0 = nil }
  }

  /// There is no connection at this moment: the file could not be opened anew, or the agent stops.
  struct Closed: Error, CustomStringConvertible {
    let description = "the store is closed at this moment."
  }
}

/// Which file it is, whatever its name.
struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64

  /// `nil` where there is no file at `path`.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
  }
}
