import GRDB
import Model
import Synchronization

/// Brings deliveries to disk: those that wait at the same time share one transaction and one fsync.
///
/// The first to wait puts one job on the connection's queue; whoever comes until that job starts is in it.
/// So a single delivery is never held back, and the batches grow with the load by themselves.
final class GroupCommit: Sendable {
  private struct Waiting: Sendable {
    let delivery: PreparedDelivery
    let answer: CheckedContinuation<RecordedDelivery, any Error>
  }

  private struct State {
    var waiting: [Waiting] = []
    var bytes = 0
    var isScheduled = false
  }

  /// Beyond these, deliveries are refused (503) rather than kept in memory.
  private static let mostWaiting = 10_000
  private static let mostBytes = 256 << 20

  private let state = Mutex(State())
  private let queue: DatabaseQueue
  private let path: String
  private let checkpoints: Checkpoints

  init(_ queue: DatabaseQueue, path: String, checkpoints: Checkpoints) {
    self.queue = queue
    self.path = path
    self.checkpoints = checkpoints
  }

  /// - Returns: when the delivery is durable.
  func record(_ delivery: PreparedDelivery) async throws -> RecordedDelivery {
    try await withCheckedThrowingContinuation { answer in
      let (accepted, first) = state.withLock { state in
        guard state.waiting.count < GroupCommit.mostWaiting, state.bytes + delivery.size <= GroupCommit.mostBytes
        else { return (false, false) }
        state.waiting.append(Waiting(delivery: delivery, answer: answer))
        state.bytes += delivery.size
        let first = !state.isScheduled
        state.isScheduled = true
        return (true, first)
      }
      if !accepted {
        answer.resume(throwing: StoreFailure("more deliveries wait for the disk than there is memory for."))
      } else if first {
        queue.asyncWriteWithoutTransaction { self.commit($0) }
      }
    }
  }

  private func commit(_ db: Database) {
    let batch = state.withLock { state in
      defer { state = State() }
      return state.waiting
    }
    var results: [Result<RecordedDelivery, any Error>] = []
    results.reserveCapacity(batch.count)
    do {
      try db.inTransaction(.immediate) {
        for waiting in batch { results.append(try insert(waiting.delivery, db, alone: batch.count == 1)) }
        return .commit
      }
    } catch {
      // Nothing of the batch is in the store.
      let failure = StoreFailure(error, path: path)
      for waiting in batch { waiting.answer.resume(throwing: failure) }
      return
    }
    for (waiting, result) in zip(batch, results) { waiting.answer.resume(with: result) }
    checkpoints.wrote(batch.reduce(0) { $0 + $1.delivery.size }, deliveries: batch.count, db)
  }

  /// In a savepoint of its own where others share the transaction: what one delivery breaks does not hurt
  /// the rest. An error that has ended the whole transaction (disk full, …) is thrown.
  private func insert(
    _ delivery: PreparedDelivery, _ db: Database, alone: Bool
  ) throws -> Result<RecordedDelivery, any Error> {
    if alone { return .success(try delivery.insert(db)) }
    do {
      var recorded: RecordedDelivery?
      try db.inSavepoint {
        recorded = try delivery.insert(db)
        return .commit
      }
      return recorded.map { .success($0) } ?? .failure(StoreFailure("the delivery was not recorded."))
    } catch {
      guard db.isInsideTransaction, !StoreFailure.isOfTheDisk(error) else { throw error }
      return .failure(StoreFailure(error, path: path))
    }
  }
}
