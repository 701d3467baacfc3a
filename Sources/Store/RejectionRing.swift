import Dispatch
import FoundationEssentials
import GRDB
import Model
import Synchronization

/// Notes of refused requests: the newest thousand in the store, and a few on their way there.
///
/// Anybody can cause these, so they must cost little: they wait in memory, are written together now and then,
/// and under a flood the oldest of those that wait are dropped.
final class RejectionRing: Sendable {
  private struct Note: Sendable {
    var delivery: NewDelivery
    var bodySize: Int
    var reason: String
  }

  private struct State {
    var waiting: [Note] = []
    var isScheduled = false
  }

  private static let kept = 1000
  private static let mostWaiting = 256
  private static let headerLimit = 8 << 10
  private static let delay = DispatchTimeInterval.milliseconds(250)

  private let state = Mutex(State())
  private let connection: OneConnection
  private let health: StoreHealth

  init(_ connection: OneConnection, _ health: StoreHealth) {
    self.connection = connection
    self.health = health
  }

  func add(_ delivery: NewDelivery, reason: String) {
    var note = Note(delivery: delivery, bodySize: delivery.body.count, reason: reason)
    note.delivery.body = []
    let schedule = state.withLock { state in
      if state.waiting.count >= RejectionRing.mostWaiting { state.waiting.removeFirst() }
      state.waiting.append(note)
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    guard schedule else { return }
    DispatchQueue.global().asyncAfter(deadline: .now() + RejectionRing.delay) { [self] in
      connection.async { self.flush($0) }
    }
  }

  /// Writes what waits. A failure loses the notes: they are of no use to anybody but a curious operator.
  func flush(_ db: Database?) {
    let notes = state.withLock { state in
      defer { state = State() }
      return state.waiting
    }
    guard !notes.isEmpty, let db, health.refusal == nil else { return }
    do {
      try write(notes, db)
    } catch {
      _ = health.failure(error, db)
    }
  }

  private func write(_ notes: [Note], _ db: Database) throws {
    try db.inSavepoint {
      for note in notes { try insert(note, db) }
      try db.cachedStatement(
        sql: """
          DELETE FROM deliveries WHERE verdict = 'rejected' AND number <= (
            SELECT number FROM deliveries WHERE verdict = 'rejected' ORDER BY number DESC LIMIT 1 OFFSET ?)
          """
      ).execute(arguments: [RejectionRing.kept])
      return .commit
    }
  }

  private func insert(_ note: Note, _ db: Database) throws {
    let delivery = note.delivery
    try db.cachedStatement(
      sql: """
        INSERT INTO deliveries
          (source, way, id, event, received_at, address, verdict, reason, body_size, headers, body)
        VALUES (?, ?, ?, ?, ?, ?, 'rejected', ?, ?, ?, x'')
        """
    ).execute(arguments: [
      delivery.source, delivery.way.rawValue, delivery.id ?? UUID().uuidString.lowercased(), delivery.event,
      StoredTime.milliseconds(delivery.receivedAt),
      delivery.address, note.reason, note.bodySize,
      Data(StoredHeaders.bytes(delivery.headers, limit: RejectionRing.headerLimit)),
    ])
  }
}
