import Model
import Synchronization

/// Which deliveries tell of pushes that the agent has looked past: they were sent again at its own request, and since
/// they were first sent it has compared the tips of what they are about.
///
/// Such a push is no news. Its ref stands where the look saw it, and what was to be run of that has been queued.
public final class Lateness: Sendable {
  public typealias Instant = ContinuousClock.Instant

  private struct Look {
    var repository: String
    var watched: PushTrigger?
    var began: Instant
  }

  private struct Expected: Hashable {
    var source: String
    var id: String
  }

  private struct State {
    /// By the pipeline's name.
    var looks: [String: Look] = [:]
    var expected: [Expected: Instant] = [:]
  }

  /// A round of redelivery asks for far fewer.
  private static let mostExpected = 10_000

  private let state = Mutex(State())

  public init() {}

  /// - Parameter began: before the repository was asked for its refs.
  func compared(_ pipelines: [Pipeline], began: Instant) {
    state.withLock { state in
      for pipeline in pipelines {
        state.looks[pipeline.name] = Look(
          repository: pipeline.repository.identity, watched: pipeline.triggers.push, began: began)
      }
    }
  }

  /// A delivery will come again.
  /// - Parameter sent: when it was sent for the first time.
  public func expect(_ id: String, from source: String, sent: Instant) {
    state.withLock { state in
      if state.expected.count >= Lateness.mostExpected { state.expected = [:] }
      state.expected[Expected(source: source, id: id)] = sent
    }
  }

  /// Whether the delivery was sent before the pipeline's refs were compared last.
  func isLate(_ id: String?, from source: String, for pipeline: Pipeline) -> Bool {
    guard let id else { return false }
    return state.withLock { state in
      guard let sent = state.expected[Expected(source: source, id: id)], let look = state.looks[pipeline.name] else {
        return false
      }
      return look.repository == pipeline.repository.identity && look.watched == pipeline.triggers.push
        && sent < look.began
    }
  }
}
