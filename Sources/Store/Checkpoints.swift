import Dispatch
import GRDB
import Synchronization

/// Brings the write-ahead log back into the main file, when nobody waits for it.
///
/// The log's file is kept and written again from its beginning, which spares the file system work at every
/// commit. Left to itself, SQLite would do this within the commit of some unlucky delivery.
final class Checkpoints: Sendable {
  private struct State {
    var pages = 0
    var writes = 0
    var isScheduled = false
  }

  /// Worth doing when it is quiet: 1 MB of log.
  private static let some = 256
  /// Done at once, so that the log cannot grow without end under steady load: 16 MB.
  private static let many = 4096
  private static let quiet = DispatchTimeInterval.milliseconds(500)
  private static let pageSize = 4096
  /// Pages that an insert touches besides the body's: table, index, sequence, header of the file.
  private static let pagesPerDelivery = 4

  private let state = Mutex(State())
  private let connection: OneConnection
  private let health: StoreHealth

  init(_ connection: OneConnection, _ health: StoreHealth) {
    self.connection = connection
    self.health = health
  }

  /// Called on the connection's queue after a commit, when its deliveries have been answered.
  func wrote(_ bytes: Int, deliveries: Int, _ db: Database) {
    let (now, schedule) = state.withLock { state in
      state.pages += bytes / Checkpoints.pageSize + deliveries + Checkpoints.pagesPerDelivery
      state.writes += 1
      if state.pages >= Checkpoints.many { return (true, false) }
      guard !state.isScheduled else { return (false, false) }
      state.isScheduled = true
      return (false, true)
    }
    if now { run(db) }
    if schedule { scheduleLater() }
  }

  private func scheduleLater() {
    let before = state.withLock { $0.writes }
    DispatchQueue.global().asyncAfter(deadline: .now() + Checkpoints.quiet) { [weak self] in
      guard let self else { return }
      let isQuiet = state.withLock { $0.writes == before }
      guard isQuiet else { return scheduleLater() }
      connection.async { db in
        let due = self.state.withLock { state in
          state.isScheduled = false
          return state.pages >= Checkpoints.some
        }
        if due, let db { self.run(db) }
      }
    }
  }

  /// What fails here fails nobody's delivery: all of it is still in the log.
  private func run(_ db: Database) {
    guard health.refusal == nil else { return }
    do { try Connection.checkpoint(.passive, db) } catch { _ = health.failure(error, db) }
    state.withLock { $0.pages = 0 }
  }
}
