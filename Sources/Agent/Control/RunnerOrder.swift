public import Model

/// Asks a runner which of several commits is the newest, in the way in which runs are started here: only a runner may
/// read and fill the mirrors.
public struct RunnerOrder: CommitOrder {
  private let runners: RunnerOrigin
  private static let answerLimit = 1 << 20

  public init(_ runners: RunnerOrigin) { self.runners = runners }

  /// The question is given up when the task is cancelled.
  /// - Throws: `RunnerProbe.Failure`.
  public func order(_ question: OrderQuestion) async throws -> OrderAnswer {
    let answer = try await runners.ask(
      Handover(question: question), OrderAnswer.self, answerLimit: RunnerOrder.answerLimit, timeout: question.timeout)
    if let error = answer.error { throw RunnerProbe.Failure(description: error) }
    return answer
  }
}
