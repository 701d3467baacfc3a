import Model
import Synchronization
import TestSupport

/// Knows the history of a repository that does not exist: one line of commits.
final class StandInOrder: CommitOrder {
  private struct State {
    var history: [CommitID]?
    var asked: [OrderQuestion] = []
    var whenAsked: @Sendable (Int) async throws -> Void = { _ in }
  }

  private let state: Mutex<State>

  /// - Parameter history: oldest first; `nil` where the repository does not answer.
  init(_ history: [CommitID]?) { state = Mutex(State(history: history)) }

  /// A repository that never answers.
  static var unknown: StandInOrder { StandInOrder(nil) }

  func answer(_ history: [CommitID]?) { state.withLock { $0.history = history } }

  /// Called with the number of questions so far, before the answer.
  func whenAsked(_ act: @escaping @Sendable (Int) async throws -> Void) { state.withLock { $0.whenAsked = act } }

  var questions: [OrderQuestion] { state.withLock { $0.asked } }

  func order(_ question: OrderQuestion) async throws -> OrderAnswer {
    let now = state.withLock { state in
      state.asked.append(question)
      return state
    }
    try await now.whenAsked(now.asked.count)
    guard let history = now.history else { throw CommandFailure("the repository does not answer") }
    // Where each stands in the history; the tip is behind all of it, and what is not part of it nowhere.
    let places = question.commits.map { commit in commit.map { history.firstIndex(of: $0) ?? -1 } ?? history.count }
    guard let top = places.max(), top >= 0, let newest = places.lastIndex(of: top) else {
      return OrderAnswer(newest: nil, older: [])
    }
    return OrderAnswer(
      newest: newest, older: places.indices.filter { $0 < newest || ($0 > newest && places[$0] >= 0) })
  }
}
