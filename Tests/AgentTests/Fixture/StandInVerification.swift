import Agent
import Synchronization

/// A sender's own service that says what the test wants, and remembers what it was asked.
final class StandInVerification: RemoteVerification {
  private let asked = Mutex<[RemoteQuestion]>([])
  private let says: @Sendable (RemoteQuestion) -> RemoteAnswer

  init(_ answer: RemoteAnswer) { says = { _ in answer } }

  init(says: @escaping @Sendable (RemoteQuestion) -> RemoteAnswer) { self.says = says }

  var questions: [RemoteQuestion] { asked.withLock { $0 } }

  func answer(to question: RemoteQuestion) async -> RemoteAnswer {
    asked.withLock { $0.append(question) }
    return says(question)
  }
}
