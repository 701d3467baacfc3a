import Agent
import Foundation
import Model
import RunDirectory
import Synchronization

/// The repositories that a poller asks, as a test sets them.
final class RemoteStandIn: Sendable {
  private struct State {
    var tips: [String: [ProbeAnswer.Tip]] = [:]
    var errors: [String: String] = [:]
    var questions: [String] = []
    var underWay = 0
    var mostUnderWay = 0
    var isHeld = false
    var meanwhile: (@Sendable () async throws -> Void)?
  }

  private let state = Mutex(State())

  /// By default the one repository of `somePipeline`.
  func set(_ refs: [String: CommitID], of url: String = "https://github.com/acme/shop.git") {
    let tips = refs.map { ProbeAnswer.Tip(name: $0.key, id: $0.value.hex, peeled: nil) }
    set(tips.sorted { $0.name < $1.name }, of: url)
  }

  func set(_ tips: [ProbeAnswer.Tip], of url: String = "https://github.com/acme/shop.git") {
    state.withLock { state in
      state.tips[url] = tips
      state.errors[url] = nil
    }
  }

  func fail(_ error: String?, of url: String = "https://github.com/acme/shop.git") {
    state.withLock { $0.errors[url] = error }
  }

  /// Answers are not given while this is so.
  func hold(_ isHeld: Bool) { state.withLock { $0.isHeld = isHeld } }

  /// What happens once, between the look and its end.
  func meanwhile(_ action: @escaping @Sendable () async throws -> Void) {
    state.withLock { $0.meanwhile = action }
  }

  /// The addresses that were asked, in order.
  var questions: [String] { state.withLock { $0.questions } }
  var mostUnderWay: Int { state.withLock { $0.mostUnderWay } }

  @Sendable func ask(_ request: ProbeRequest) async throws -> ProbeAnswer {
    var remotes: [ProbeAnswer.Remote] = []
    for remote in request.remotes {
      let meanwhile = state.withLock { state in
        state.questions.append(remote.url)
        state.underWay += 1
        state.mostUnderWay = max(state.mostUnderWay, state.underWay)
        return state.meanwhile.take()
      }
      while state.withLock({ $0.isHeld }) { try await Task.sleep(for: .milliseconds(1)) }
      remotes.append(
        state.withLock { state in
          state.underWay -= 1
          if let error = state.errors[remote.url] { return .init(url: remote.url, tips: nil, error: error) }
          return .init(url: remote.url, tips: state.tips[remote.url] ?? [], error: nil)
        })
      try await meanwhile?()
    }
    return ProbeAnswer(libgit2: "stand-in", remotes: remotes)
  }
}
