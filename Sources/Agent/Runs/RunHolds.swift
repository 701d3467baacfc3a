import Synchronization

/// Which runs somebody is reading, so that none of them is removed meanwhile, and which are being removed, so that nobody
/// begins to read one of those.
public final class RunHolds: Sendable {
  private struct State {
    /// Readers by run.
    var readers: [Int: Int] = [:]
    var leaving: Set<Int> = []
  }

  private let state = Mutex(State())

  public init() {}

  /// Keeps the run from being removed for as long as the value lives.
  /// - Returns: `nil` where it is being removed just now.
  public func hold(_ run: Int) -> RunHold? {
    let isThere = state.withLock { state in
      guard !state.leaving.contains(run) else { return false }
      state.readers[run, default: 0] += 1
      return true
    }
    return isThere ? RunHold { [self] in letGo(run) } : nil
  }

  private func letGo(_ run: Int) {
    state.withLock { state in
      let left = (state.readers[run] ?? 1) - 1
      state.readers[run] = left > 0 ? left : nil
    }
  }

  /// Begins the removal of a run; `left` ends it.
  /// - Returns: `false` where somebody reads it.
  func leave(_ run: Int) -> Bool {
    state.withLock { state in
      guard state.readers[run] == nil else { return false }
      state.leaving.insert(run)
      return true
    }
  }

  func left(_ runs: [Int]) {
    state.withLock { $0.leaving.subtract(runs) }
  }
}

/// Somebody reads a run.
public final class RunHold: Sendable {
  private let end: @Sendable () -> Void

  /// - Parameter end: called once, with the last reference.
  public init(_ end: @escaping @Sendable () -> Void = {}) { self.end = end }

  deinit { end() }
}
