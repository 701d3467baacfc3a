import Agent
import AsyncHTTPClient
import FoundationEssentials
import Logging
import Model

/// Looks after one source's webhook until its task is cancelled: at once, then in an interval, and after every gap.
struct RedeliveryWatch {
  let round: RedeliveryRound
  let gaps: Gaps
  let board: RedeliveryBoard
  /// Whether the tips have been compared: then what is asked for again is known for what it is.
  let isCompared: @Sendable () async -> Bool

  private var limits: RedeliveryLimits { round.limits }

  init(
    _ round: RedeliveryRound, gaps: Gaps, board: RedeliveryBoard, isCompared: @escaping @Sendable () async -> Bool
  ) {
    self.round = round
    self.gaps = gaps
    self.board = board
    self.isCompared = isCompared
  }

  func run() async {
    var backoff = Backoff(first: limits.firstPause, limit: limits.longestPause)
    var memory = RedeliveryRound.Memory()
    var status = RedeliveryStatus(source: round.source, repository: round.api.redelivery.repository)
    board.put(status)
    while !Task.isCancelled {
      await waitForComparison()
      let known = gaps.count
      var pause: Duration
      var rest = limits.shortestPause
      do {
        try await round.carryOut(&memory)
        if Task.isCancelled { return }
        if status.error.take() != nil { tell(.notice, "redelivery_recovered", nil, pause: nil) }
        status.lookedAt = Date()
        backoff.reset()
        pause = limits.interval * Double.random(in: 0.9...1.1)
        if let next = memory.next { pause = min(pause, max(.seconds(next), limits.shortestPause)) }
      } catch {
        if Task.isCancelled { return }
        let failure = error as? SubscriptionFailure ?? SubscriptionFailure("\(error)")
        rest = max(rest, failure.rest)
        pause = max(backoff.pause(), rest)
        if status.error != failure.reason { tell(.warning, "redelivery_failed", failure.reason, pause: pause) }
        status.error = failure.reason
      }
      status.asked = memory.total
      status.givenUp = memory.givenUp.count
      board.put(status)
      await sleep(for: pause, atLeast: rest, unlessGapsPass: known)
    }
  }

  /// Not for ever: a repository that gives no answer must not keep another way closed.
  private func waitForComparison() async {
    let end = ContinuousClock.now + limits.patience
    while !Task.isCancelled, ContinuousClock.now < end, !(await isCompared()) {
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  private func sleep(for pause: Duration, atLeast: Duration, unlessGapsPass known: Int) async {
    let now = ContinuousClock.now
    let (end, least) = (now + pause, now + atLeast)
    while !Task.isCancelled, ContinuousClock.now < end {
      if gaps.count != known, ContinuousClock.now >= least { return }
      try? await Task.sleep(for: min(.seconds(1), ContinuousClock.now.duration(to: end)))
    }
  }

  private func tell(_ level: Logger.Level, _ event: String, _ reason: String?, pause: Duration?) {
    var metadata: Logger.Metadata = [
      "event": "\(event)", "source": "\(round.source)", "repository": "\(round.api.redelivery.repository)",
    ]
    if let reason { metadata["reason"] = "\(reason)" }
    if let pause { metadata["retry_in"] = "\(Seconds(pause / .seconds(1)))" }
    round.logger.log(
      level: level,
      reason == nil
        ? "GitHub can be asked for failed deliveries again"
        : "GitHub could not be asked for failed deliveries; it is asked again", metadata: metadata)
  }
}
