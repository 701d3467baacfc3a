import Dispatch
import GRDB
import Metrics
import Model
import Synchronization

/// Brings deliveries to disk: those that wait at the same time share one transaction and one fsync.
///
/// The first to wait puts one job on the connection's queue; whoever comes until that job starts is in it.
/// So a single delivery is never held back, and the batches grow with the load by themselves.
final class GroupCommit: Sendable {
  private struct Waiting: Sendable {
    let delivery: PreparedDelivery
    let answer: PendingAnswer
    let since: ContinuousClock.Instant
  }

  private struct State {
    var waiting: [Waiting] = []
    var bytes = 0
    var isScheduled = false
    /// Of the batch that is being committed, oldest first.
    var committing: [Waiting] = []
    var isWatched = false
  }

  /// Beyond these, deliveries are refused (503) rather than kept in memory.
  private static let mostWaiting = 10_000
  private static let mostBytes = 256 << 20

  private let state = Mutex(State())
  private let connection: OneConnection
  private let health: StoreHealth
  private let checkpoints: Checkpoints
  private let patience: Duration

  /// - Parameter patience: after so long a disk that does not come back counts as one that failed; senders give up after ten
  ///   seconds (GitHub), and must have their answer before.
  init(_ connection: OneConnection, _ health: StoreHealth, _ checkpoints: Checkpoints, patience: Duration) {
    self.connection = connection
    self.health = health
    self.checkpoints = checkpoints
    self.patience = patience
  }

  /// - Returns: when the delivery is durable.
  func record(_ delivery: PreparedDelivery) async throws -> RecordedDelivery {
    if let refusal = health.refusal { throw refusal }
    return try await withCheckedThrowingContinuation { continuation in
      let waiting = Waiting(delivery: delivery, answer: PendingAnswer(continuation), since: .now)
      let (accepted, first, unwatched) = state.withLock { state in
        guard state.waiting.count < GroupCommit.mostWaiting, state.bytes + delivery.size <= GroupCommit.mostBytes
        else { return (false, false, false) }
        state.waiting.append(waiting)
        state.bytes += delivery.size
        defer {
          state.isScheduled = true
          state.isWatched = true
        }
        return (true, !state.isScheduled, !state.isWatched)
      }
      if !accepted {
        waiting.answer.resume(throwing: StoreFailure("more deliveries wait for the disk than there is memory for."))
      }
      if first { connection.async { self.commit($0) } }
      if unwatched { watch() }
    }
  }

  private func commit(_ db: Database?) {
    let batch = state.withLock { state in
      let batch = state.waiting
      state.waiting = []
      state.bytes = 0
      state.isScheduled = false
      state.committing = batch
      return batch
    }
    let began = ContinuousClock.now
    defer { state.withLock { $0.committing = [] } }
    var results: [Result<RecordedDelivery, any Error>] = []
    results.reserveCapacity(batch.count)
    guard let db else { return refuse(batch, health.refusal ?? StoreFailure("the store is closed.")) }
    if let refusal = health.refusal { return refuse(batch, refusal) }
    if connection.isMoved {
      return refuse(batch, health.suffer(.lost, StoreFailure.moved(connection.path).description))
    }
    do {
      try db.inTransaction(.immediate) {
        for waiting in batch { results.append(try insert(waiting.delivery, db, alone: batch.count == 1)) }
        return .commit
      }
    } catch {
      // Nothing of the batch is in the store.
      Counter(label: Measure.storeFailures.name).increment()
      return refuse(batch, health.failure(error, db))
    }
    let took = began.duration(to: .now)
    for (waiting, result) in zip(batch, results) { waiting.answer.resume(with: result) }
    Recorder(label: Measure.storeCommit.name).record(took / .seconds(1))
    Recorder(label: Measure.storeCommitSize.name).record(batch.count)
    checkpoints.wrote(batch.reduce(0) { $0 + $1.delivery.size }, deliveries: batch.count, db)
  }

  private func refuse(_ batch: [Waiting], _ failure: any Error) {
    for waiting in batch { waiting.answer.resume(throwing: failure) }
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
      guard db.isInsideTransaction, Ailment(error) == nil else { throw error }
      return .failure(health.failure(error, db))
    }
  }

  // MARK: A disk that does not come back

  /// Looks once a second, while anybody waits, whether they wait too long.
  private func watch() {
    DispatchQueue.global().asyncAfter(deadline: .now() + GroupCommit.look) { [weak self] in self?.lookAtWaiting() }
  }

  private func lookAtWaiting() {
    let (overdue, goesOn) = state.withLock { state in
      let now = ContinuousClock.now
      let isOverdue = { (waiting: Waiting) in waiting.since.duration(to: now) >= self.patience }
      let overdue = state.committing.filter(isOverdue) + state.waiting.filter(isOverdue)
      // Those of the running commit may yet be recorded; a sender that repeats one then gets its verdict.
      state.committing.removeAll(where: isOverdue)
      state.waiting.removeAll { waiting in
        guard isOverdue(waiting) else { return false }
        state.bytes -= waiting.delivery.size
        return true
      }
      state.isWatched = !state.committing.isEmpty || !state.waiting.isEmpty
      return (overdue, state.isWatched)
    }
    if !overdue.isEmpty {
      refuse(
        overdue, health.suffer(.passing, "the disk that holds \(connection.path) has not answered for \(patience)."))
    }
    if goesOn { watch() }
  }

  private static let look = DispatchTimeInterval.milliseconds(500)
}
