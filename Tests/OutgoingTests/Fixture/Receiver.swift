import Agent
import Model
import Synchronization
import TestSupport

/// Stands in for the agent: remembers what it was handed and answers as the test says.
final class Receiver: Sendable {
  private let state = Mutex<(requests: [HookRequest], answers: [Int])>(([], []))

  /// - Parameter answers: the status of the first answers; all further ones are 202.
  init(answers: [Int] = []) { state.withLock { $0.answers = answers } }

  var requests: [HookRequest] { state.withLock { $0.requests } }
  var bodies: [String] { requests.map { String(decoding: $0.body, as: UTF8.self) } }

  func receive(_ request: HookRequest) -> HookAnswer {
    state.withLock { state in
      state.requests.append(request)
      return HookAnswer(
        status: state.answers.isEmpty ? 202 : state.answers.removeFirst(), body: #"{"verdict":"said"}"#)
    }
  }
}

/// Waits until `condition` holds.
/// - Throws: `CommandFailure` naming `what` where it does not within 30 s.
func eventually(_ what: String, _ condition: () -> Bool) async throws {
  let end = ContinuousClock.now + .seconds(30)
  while !condition() {
    guard ContinuousClock.now < end else { throw CommandFailure("did not happen: \(what)") }
    try await Task.sleep(for: .milliseconds(2))
  }
}
