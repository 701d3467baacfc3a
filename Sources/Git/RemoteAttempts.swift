import Glibc

/// Tries a conversation again where its failure may pass: as often as the policy says, after pauses that double, as
/// long as there is time. The wait is the calling thread's; whoever wants it to end ends the process.
enum RemoteAttempts {
  /// The longest pause.
  private static let longest: Duration = .seconds(30)

  /// - Parameter message: gets a line before each further attempt.
  /// - Throws: the last failure, which says how often it was tried.
  static func run<Result>(
    _ policy: RemotePolicy, message: (String) -> Void, _ body: () throws(GitFailure) -> Result
  ) throws(GitFailure) -> Result {
    var attempt = 1
    var isLast = false
    while true {
      let failure: GitFailure
      do {
        return try body()
      } catch {
        failure = error
      }
      let pause = pause(after: attempt, policy)
      guard failure.repetition != .never, !isLast, attempt < policy.attempts, .now + pause < policy.deadline else {
        throw failure.after(attempt)
      }
      isLast = failure.repetition == .once
      attempt += 1
      message("\(failure.description)")
      message("attempt \(attempt) of \(isLast ? attempt : policy.attempts) in \(words(pause))")
      sleep(pause)
    }
  }

  /// Doubled for each attempt, more or less, so that many agents do not come back in step.
  private static func pause(after attempt: Int, _ policy: RemotePolicy) -> Duration {
    min(policy.pause * (1 << min(attempt - 1, 16)), longest) * Double.random(in: 0.75...1.25)
  }

  private static func sleep(_ duration: Duration) {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end { poll(nil, 0, end.pollTimeout) }
  }

  /// `1.3 s`
  private static func words(_ pause: Duration) -> String {
    let tenths = Int((pause / .milliseconds(100)).rounded(.up))
    return "\(tenths / 10).\(tenths % 10) s"
  }
}

extension GitFailure {
  fileprivate func after(_ attempts: Int) -> GitFailure {
    guard attempts > 1 else { return self }
    return GitFailure(
      kind, operation: operation, "\(description) So it went in all of \(attempts) attempts.", detail: detail,
      repetition: repetition)
  }
}
