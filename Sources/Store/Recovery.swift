import Dispatch
import Glibc
import Model
import Synchronization

/// Brings a store that failed in order again, as soon as its cause is gone: tried at once, and then less and less often.
final class Recovery: Sendable {
  private struct State {
    var isUnderWay = false
    var isStopped = false
    var delay = Recovery.shortest
    var endedAt: ContinuousClock.Instant?
  }

  private static let shortest: Duration = .milliseconds(100)
  private static let longest: Duration = .seconds(10)
  /// Trouble that comes back sooner than this is the same one, and goes on being tried less often.
  private static let relapse: Duration = .seconds(60)
  /// With less room than this, in bytes, the next delivery might fail again.
  private static let room = 1 << 20

  private let connection: OneConnection
  private let health: StoreHealth
  private let queue = DispatchQueue(label: "store recovery")
  private let state = Mutex(State())

  init(_ connection: OneConnection, _ health: StoreHealth) {
    self.connection = connection
    self.health = health
  }

  /// Called when trouble begins; from any queue.
  func begin() {
    let delay: Duration? = state.withLock { state in
      guard !state.isUnderWay, !state.isStopped else { return nil }
      state.isUnderWay = true
      if let end = state.endedAt, end.duration(to: .now) > Recovery.relapse { state.delay = Recovery.shortest }
      return state.delay
    }
    if let delay { attempt(after: delay) }
  }

  /// Returns when no attempt is under way and none will be. Blocks.
  func stop() {
    state.withLock { $0.isStopped = true }
    queue.sync {}
  }

  private func attempt(after delay: Duration) {
    queue.asyncAfter(deadline: .now() + delay.seconds) { [weak self] in
      guard let self, !state.withLock({ $0.isStopped }) else { return }
      let began = ContinuousClock.now
      let isOver = attempt()
      let took = began.duration(to: .now)
      let next = state.withLock { state in
        // A check of a large file must not take up the disk that others are waiting for.
        state.delay = max(min(state.delay * 2, Recovery.longest), took * 10)
        state.isUnderWay = !isOver
        if isOver { state.endedAt = .now }
        return state.delay
      }
      // What failed between the end of this attempt and now found one under way.
      if isOver { if health.trouble != nil { begin() } } else { attempt(after: next) }
    }
  }

  /// - Returns: whether the trouble is over.
  private func attempt() -> Bool {
    if connection.isMoved { health.suffer(.lost, StoreFailure.moved(connection.path).description) }
    let failures = health.failures
    do {
      if health.ailment == .lost { try connection.reopen() }
      try checkRoom()
      try connection.sync { db in
        do { try Connection.settle(db) } catch { throw health.failure(error, db) }
      }
      return health.recovered(after: failures)
    } catch {
      health.suffer(health.ailment, "\(health.failure(error))")
      return false
    }
  }

  private func checkRoom() throws(StoreFailure) {
    guard health.ailment == .passing else { return }
    var system = statvfs()
    guard statvfs(connection.path, &system) == 0 else { return }
    let free = Int(system.f_bavail) * Int(system.f_frsize)
    guard free >= Recovery.room else {
      throw StoreFailure("the disk that holds \(connection.path) is full (\(free >> 10) KB are free).")
    }
  }
}

extension Duration {
  fileprivate var seconds: Double { self / .seconds(1) }
}
