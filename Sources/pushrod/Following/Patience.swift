/// Waits for an agent that is being restarted: says so once, tries again ever more slowly, and gives up at last.
struct Patience {
  /// Longer than any restart or upgrade takes.
  private static let limit = Duration.seconds(300)

  private var lostAt: ContinuousClock.Instant?
  private var pause = Duration.milliseconds(100)

  /// The agent answered.
  mutating func found() {
    guard lostAt != nil else { return }
    self = Patience()
  }

  /// The agent did not answer: waits a little.
  /// - Throws: `failure` when it has not answered for five minutes.
  mutating func lost(_ failure: any Error) async throws {
    if let lostAt {
      guard lostAt.duration(to: .now) < Patience.limit else { throw failure }
    } else {
      lostAt = .now
      Output.error.print("pushrod: the connection to the agent is lost; waiting for it to come back")
    }
    try await Task.sleep(for: pause)
    pause = min(pause * 2, .seconds(2))
  }
}
