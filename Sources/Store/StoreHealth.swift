import FoundationEssentials
import GRDB
import Model
import Synchronization

/// Knows whether the store can record, from what its last attempts met; told of every failure.
final class StoreHealth: StoreCondition {
  private struct State {
    var trouble: StoreTrouble?
    var ailment = Ailment.passing
    var failures = 0
  }

  private let path: String
  private let state = Mutex(State())
  private let tell: @Sendable (StoreTrouble?) -> Void
  /// Set once, before anything can fail.
  private let recovery = Mutex<(@Sendable () -> Void)?>(nil)

  /// - Parameter tell: called when trouble begins, when it becomes worse, and with `nil` when it is over.
  init(path: String, tell: @escaping @Sendable (StoreTrouble?) -> Void) {
    self.path = path
    self.tell = tell
  }

  var trouble: StoreTrouble? { state.withLock { $0.trouble } }

  /// Why nothing may be written until the store has been brought in order; `nil` where it can be tried.
  var refusal: StoreFailure? {
    state.withLock { state in
      guard let trouble = state.trouble, state.ailment > .passing else { return nil }
      return StoreFailure(trouble.reason, isAnnounced: true)
    }
  }

  var ailment: Ailment { state.withLock { $0.ailment } }

  /// How often something has failed; grows.
  var failures: Int { state.withLock { $0.failures } }

  /// Called where trouble begins.
  func onTrouble(_ begin: @escaping @Sendable () -> Void) { recovery.withLock { $0 = begin } }

  /// What `error` means to the caller, noted where it tells of the store's own state.
  /// - Parameter db: the connection that met it, on its queue, to say what the system said.
  func failure(_ error: any Error, _ db: Database? = nil) -> any Error {
    if error is CancellationError || error is RunState.IllegalTransition || error is StoreFailure { return error }
    let failure = StoreFailure(error, path: path, system: db.flatMap(SystemError.words))
    guard let ailment = Ailment(error) else { return failure }
    return suffer(ailment, failure.description)
  }

  /// - Returns: what those who wait are told.
  @discardableResult
  func suffer(_ ailment: Ailment, _ reason: String) -> StoreFailure {
    let (begins, news) = state.withLock { state in
      let earlier = state.trouble
      let isWorse = earlier == nil || ailment > state.ailment
      state.failures += 1
      if isWorse { state.ailment = ailment }
      state.trouble = StoreTrouble(reason: reason, since: earlier?.since ?? Date())
      return (earlier == nil, isWorse ? state.trouble : nil)
    }
    if let news { tell(news) }
    if begins { recovery.withLock { $0 }?() }
    return StoreFailure(reason, isAnnounced: true)
  }

  /// The trouble is over, unless something failed since `failures` was that number.
  func recovered(after failures: Int) -> Bool {
    let isOver = state.withLock { state in
      guard state.failures == failures else { return false }
      state.trouble = nil
      state.ailment = .passing
      return true
    }
    if isOver { tell(nil) }
    return isOver
  }
}
