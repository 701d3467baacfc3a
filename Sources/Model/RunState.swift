/// Where a run stands.
public enum RunState: String, Codable, Sendable, CaseIterable {
  case queued, running
  /// It is under way and waits for a person's approval.
  case waiting
  case succeeded, failed, cancelled
  case timedOut = "timed_out"
  /// The runner itself died: power loss, kill -9, out of memory.
  case interrupted
  /// Another run took its place: a newer one of its concurrency group, or one that put a newer commit live.
  case superseded
  /// None of the paths that the pipeline is about had changed.
  case skipped

  public var isFinal: Bool { ![.queued, .running, .waiting].contains(self) }

  /// The states that may follow. Every change of state in the store goes through `moving(to:)`.
  public var successors: Set<RunState> {
    switch self {
    case .queued: [.running, .cancelled, .failed, .superseded]
    case .running: [.waiting, .succeeded, .failed, .cancelled, .timedOut, .interrupted, .superseded, .skipped]
    case .waiting: [.running, .succeeded, .failed, .cancelled, .timedOut, .interrupted, .superseded]
    case .succeeded, .failed, .cancelled, .timedOut, .interrupted, .superseded, .skipped: []
    }
  }

  public struct IllegalTransition: Error, Sendable, CustomStringConvertible {
    public let from: RunState
    public let to: RunState
    public var description: String { "a run cannot go from \(from.rawValue) to \(to.rawValue)" }
  }

  /// - Throws: `IllegalTransition` for an edge that does not exist.
  public func moving(to next: RunState) throws -> RunState {
    guard successors.contains(next) else { throw IllegalTransition(from: self, to: next) }
    return next
  }

  /// `timed out`, for people.
  public var words: String { self == .timedOut ? "timed out" : rawValue }
}
