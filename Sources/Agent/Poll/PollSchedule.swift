import FoundationEssentials
import Model

/// When which repository is asked, and for which of its pipelines. Knows no clock: every call says what time it is.
struct PollSchedule {
  typealias Instant = ContinuousClock.Instant

  /// What a pipeline wants; one that wants something else is a new one here.
  private struct Wish: Hashable {
    var pipeline: String
    var interval: Seconds
    var trigger: PushTrigger?
  }

  private struct Entry {
    var pipelines: [Pipeline]
    var wishes: Set<Wish>
    /// When the question began that fulfilled each wish last.
    var served: [Wish: Instant] = [:]
    var next: Instant
    /// When the last question began.
    var began: Instant?
    /// Deliveries may have been lost before this; a question that began earlier does not show it.
    var gap: Instant?
    /// In a row.
    var failures = 0
    var askedAt: Date?
    var comparedAt: Date?
    var error: String?

    var interval: Seconds { wishes.map(\.interval).min() ?? PollSchedule.longestPause }

    /// Not before the shortest pause is over.
    mutating func hasten(now: Instant) {
      let soonest = began.map { max(now, $0 + PollSchedule.shortestPause.duration) } ?? now
      next = min(next, soonest)
    }
  }

  /// Between two questions, whatever the reason for asking again; and after the first failure.
  private static let shortestPause: Seconds = 10
  /// Failures make the pauses longer up to here; an interval that is longer counts instead.
  private static let longestPause: Seconds = 900
  /// The same where it is the agent's own store that fails: it may be well again soon, and the remote is not to blame.
  private static let longestPauseForStore: Seconds = 30

  private var entries: [String: Entry] = [:]
  private var credentials: [RepositoryCredential] = []
  private var schemes: [RepositoryURL.Scheme] = []
  /// The interval of pipelines that have none of their own; `nil`: they are left out.
  private var usualInterval: Seconds?

  /// Takes what the rules say now. A repository with a new wish is asked at once, and so is one that fails when what it
  /// may fail for has changed.
  mutating func follow(_ rules: Ruleset, now: Instant) {
    usualInterval = rules.compareTips
    let watching = rules.pipelines.filter { $0.triggers.push != nil && interval(of: $0) != nil }
    let groups = Dictionary(grouping: watching, by: \.repository.url)
    let mayWorkNow = credentials != rules.credentials || schemes != rules.allowedSchemes
    entries = entries.filter { groups[$0.key] != nil }
    for (url, pipelines) in groups {
      let wishes = Set(pipelines.map { wish(of: $0) })
      guard var entry = entries[url] else {
        entries[url] = Entry(pipelines: pipelines, wishes: wishes, next: now)
        continue
      }
      if !wishes.isSubset(of: entry.wishes) { entry.next = now }
      if entry.error != nil, mayWorkNow { entry.next = now }
      entry.pipelines = pipelines
      entry.wishes = wishes
      entry.served = entry.served.filter { wishes.contains($0.key) }
      entries[url] = entry
    }
    credentials = rules.credentials
    schemes = rules.allowedSchemes
  }

  /// Deliveries may have been lost: every repository is asked again, for all of its pipelines, as soon as may be.
  mutating func gap(now: Instant) {
    for url in entries.keys {
      entries[url]?.gap = now
      entries[url]?.hasten(now: now)
    }
  }

  /// Whose turn it is, the longest overdue first.
  func due(_ now: Instant) -> [String] {
    entries.filter { $0.value.next <= now }.sorted { ($0.value.next, $0.key) < ($1.value.next, $1.key) }.map(\.key)
  }

  /// When the next turn comes of one that is not being asked now.
  func next(besides asked: some Collection<String>) -> Instant? {
    entries.filter { !asked.contains($0.key) }.map(\.value.next).min()
  }

  /// Whether every repository has given an answer, or an error, since the last gap.
  var isThrough: Bool {
    entries.values.allSatisfy { entry in
      guard entry.askedAt != nil, let began = entry.began else { return false }
      return entry.gap.map { began >= $0 } ?? true
    }
  }

  /// The pipelines that a question asked now is for: those whose own interval is over, give or take its jitter.
  func pipelines(of url: String, _ now: Instant) -> [Pipeline] {
    guard let entry = entries[url] else { return [] }
    let shortest = entry.interval
    return entry.pipelines.filter { pipeline in
      let wish = wish(of: pipeline)
      guard let last = entry.served[wish] else { return true }
      if let gap = entry.gap, last < gap { return true }
      return wish.interval <= shortest || last.duration(to: now) >= wish.interval.duration * 0.9
    }
  }

  /// The question is on its way.
  mutating func asks(_ url: String, now: Instant) { entries[url]?.began = now }

  /// - Parameter began: when the question began; `nil`: now.
  /// - Returns: the error that is over now, where there was one.
  @discardableResult
  mutating func succeeded(
    _ url: String, for pipelines: [Pipeline], began: Instant? = nil, now: Instant, date: Date, jitter: Double
  ) -> String? {
    guard var entry = entries[url] else { return nil }
    for wish in pipelines.map({ wish(of: $0) }) where entry.wishes.contains(wish) { entry.served[wish] = began ?? now }
    entry.next = now + entry.interval.duration * jitter
    // One that came while the question was on its way does not wait.
    if !entry.wishes.allSatisfy({ entry.served[$0] != nil }) { entry.next = now }
    if let gap = entry.gap, !entry.wishes.allSatisfy({ entry.served[$0].map { $0 >= gap } ?? false }) {
      entry.hasten(now: now)
    }
    entry.failures = 0
    entry.askedAt = date
    entry.comparedAt = date
    defer { entries[url] = entry }
    return entry.error.take()
  }

  /// - Parameter isOfStore: it was the agent's own store that failed.
  /// - Returns: whether it is another error than the last time.
  @discardableResult
  mutating func failed(
    _ url: String, _ error: String, isOfStore: Bool = false, now: Instant, date: Date, jitter: Double
  ) -> Bool {
    guard var entry = entries[url] else { return false }
    let longest =
      isOfStore ? PollSchedule.longestPauseForStore : max(entry.interval, PollSchedule.longestPause)
    var pause = PollSchedule.shortestPause
    for _ in 0..<entry.failures where pause < longest { pause = min(Seconds(pause.value * 2), longest) }
    entry.next = now + pause.duration * jitter
    entry.failures += 1
    entry.askedAt = date
    let isNews = entry.error != error
    entry.error = error
    entries[url] = entry
    return isNews
  }

  var reports: [PollReport] {
    entries.map { url, entry in
      PollReport(
        url: url, interval: entry.interval, askedAt: entry.askedAt, comparedAt: entry.comparedAt, error: entry.error)
    }.sorted { $0.url < $1.url }
  }

  private func interval(of pipeline: Pipeline) -> Seconds? { pipeline.triggers.poll ?? usualInterval }

  private func wish(of pipeline: Pipeline) -> Wish {
    Wish(
      pipeline: pipeline.name, interval: interval(of: pipeline) ?? PollSchedule.longestPause,
      trigger: pipeline.triggers.push)
  }
}
