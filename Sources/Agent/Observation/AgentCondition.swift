public import Model
import Synchronization

/// How the agent is, told without waiting for anything: what `/readyz` shows.
public final class AgentCondition: Sendable {
  private struct State {
    var missing: Int
    var leaving: String?
  }

  private let state: Mutex<State>
  private let store: (any StoreCondition)?
  private let disks: DiskWatch?

  /// - Parameter listeners: how many there are to come up.
  public init(listeners: Int = 0, store: (any StoreCondition)? = nil, disks: DiskWatch? = nil) {
    state = Mutex(State(missing: listeners, leaving: nil))
    self.store = store
    self.disks = disks
  }

  /// A listener takes connections now.
  /// - Returns: whether it was the last one that was missing.
  public func listenerIsUp() -> Bool {
    state.withLock { state in
      state.missing -= 1
      return state.missing == 0
    }
  }

  /// From now on deliveries had better go elsewhere.
  /// - Parameter reason: a sentence.
  public func leave(_ reason: String) { state.withLock { $0.leaving = reason } }

  /// Takes `leave` back.
  public func stay() { state.withLock { $0.leaving = nil } }

  public var readiness: AgentReadiness {
    let (missing, leaving) = state.withLock { ($0.missing, $0.leaving) }
    var readiness = AgentReadiness()
    if let leaving { readiness.reasons.append(leaving) }
    if missing > 0 { readiness.reasons.append("not all listeners are up yet.") }
    if let trouble = store?.trouble {
      readiness.reasons.append(trouble.reason)
      readiness.retryAfter = 30
    }
    if let room = disks?.current.first(where: { $0.disk == "store" }), room.level == .short {
      readiness.reasons.append(
        "the disk of \(room.folder) has \(ByteSize.words(room.free)) free, less than \(ByteSize.words(room.stop)).")
      readiness.retryAfter = 60
    }
    return readiness
  }
}
