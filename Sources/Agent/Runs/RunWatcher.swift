import Model
import RunDirectory

/// Follows a runner through its run directory until the run has an end.
///
/// The lock is the truth about life and death: held, the runner lives; free without a final event, it died.
struct RunWatcher: Sendable {
  /// How long a launched runner may take until it holds the lock.
  var startGrace: Duration = .seconds(10)
  private let work = BlockingWork("run watch")

  init(startGrace: Duration = .seconds(10)) { self.startGrace = startGrace }

  /// What there is to see in a run directory at one moment.
  enum Sight: Sendable {
    case ended(RunOutcome)
    /// - Parameter waiting: where nothing but people's answers is under way.
    case alive(waiting: Waiting?)
    /// No lock and no event: the runner has not begun.
    case notBegun
    /// No lock and no final event: it began, and it is no more.
    case dead(RunOutcome)
  }

  /// A run that waits for people.
  struct Waiting: Equatable, Sendable {
    /// A sentence.
    var what: String
    /// What they are asked about, as the runner has found out.
    var commit: CommitID?
  }

  /// One look, for an agent that takes up the runs of its predecessor.
  func look(at directory: RunDirectory) async -> Sight {
    await work.run { RunTrace(directory).look() }
  }

  /// - Parameter onWaiting: told whenever the run begins to wait for people and goes on (`nil`), and at the beginning.
  /// - Returns: how the run ended; `nil` where the task was cancelled (the runner goes on).
  func follow(
    _ directory: RunDirectory, onWaiting: @Sendable (Waiting?) async -> Void = { _ in }
  ) async -> RunOutcome? {
    var told: Waiting??
    let began = ContinuousClock.now
    let trace = RunTrace(directory)
    while !Task.isCancelled {
      switch await work.run({ trace.look() }) {
      case .ended(let outcome), .dead(let outcome): return outcome
      case .alive(let waiting):
        if told != .some(waiting) {
          told = .some(waiting)
          await onWaiting(waiting)
        }
      case .notBegun:
        if began.duration(to: .now) > startGrace, let outcome = await work.run({ trace.giveUp() }) {
          return outcome
        }
      }
      // Short runs are told of soon, long ones cost nothing.
      try? await Task.sleep(for: began.duration(to: .now) < .seconds(2) ? .milliseconds(20) : .milliseconds(100))
    }
    return nil
  }
}
