import Synchronization

/// The times in which deliveries may have been lost without anybody's telling: a subscription was not connected, the
/// store could not record. Whoever looks for what was missed looks again after each.
public final class Gaps: Sendable {
  private struct State {
    var count = 0
    var isRefusing = false
  }

  private let state = Mutex(State())

  public init() {}

  /// How many there have been. The agent's own absence is none of them: who begins to look begins at once.
  public var count: Int { state.withLock { $0.count } }

  /// Deliveries come again, after a time in which they could not.
  public func ended() { state.withLock { $0.count += 1 } }

  /// A delivery could not be recorded. Its push is found all the same, if the store is well when it is looked for.
  func refused() {
    state.withLock { state in
      if !state.isRefusing { state.count += 1 }
      state.isRefusing = true
    }
  }

  /// A delivery was recorded: what was refused before can be made good now.
  func recorded() {
    state.withLock { state in
      if state.isRefusing { state.count += 1 }
      state.isRefusing = false
    }
  }
}
