public import Model

/// Asks a runner what it can do for steps, in the way in which runs are started here: a unit may grant a runner less than it
/// grants the agent, or more.
public struct RunnerInterview: Sendable {
  private let runners: RunnerOrigin

  public init(_ runners: RunnerOrigin) { self.runners = runners }

  /// - Throws: `RunnerProbe.Failure`.
  public func abilities() async throws -> RunnerAbilities {
    try await runners.ask(.abilities, RunnerAbilities.self, answerLimit: 1 << 16, timeout: 20)
  }
}
