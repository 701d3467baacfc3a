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
    var wishes: Set<Wish> { Set(pipelines.map(PollSchedule.wish)) }
    /// When each wish was fulfilled last.
    var served: [Wish: Instant] = [:]
    var next: Instant
    /// In a row.
    var failures = 0
    var askedAt: Date?
    var error: String?

    var interval: Seconds { pipelines.compactMap(\.triggers.poll).min() ?? PollSchedule.longestPause }
  }

  /// Failures make the pauses longer up to here; an interval that is longer stays.
  private static let longestPause: Seconds = 900

  private var entries: [String: Entry] = [:]
  private var credentials: [RepositoryCredential] = []

  /// Takes what the rules say now. A repository with a new wish is asked at once, and so is one that fails when the
  /// credentials have changed.
  mutating func follow(_ rules: Ruleset, now: Instant) {
    let polling = rules.pipelines.filter { $0.triggers.poll != nil }
    let groups = Dictionary(grouping: polling, by: \.repository.url)
    entries = entries.filter { groups[$0.key] != nil }
    for (url, pipelines) in groups {
      guard var entry = entries[url] else {
        entries[url] = Entry(pipelines: pipelines, next: now)
        continue
      }
      let known = entry.wishes
      entry.pipelines = pipelines
      let wishes = entry.wishes
      if !wishes.isSubset(of: known) { entry.next = now }
      if entry.error != nil, credentials != rules.credentials { entry.next = now }
      entry.served = entry.served.filter { wishes.contains($0.key) }
      entries[url] = entry
    }
    credentials = rules.credentials
  }

  /// Whose turn it is, the longest overdue first.
  func due(_ now: Instant) -> [String] {
    entries.filter { $0.value.next <= now }.sorted { ($0.value.next, $0.key) < ($1.value.next, $1.key) }.map(\.key)
  }

  /// When the next turn comes of one that is not being asked now.
  func next(besides asked: some Collection<String>) -> Instant? {
    entries.filter { !asked.contains($0.key) }.map(\.value.next).min()
  }

  /// The pipelines that a question asked now is for: those whose own interval is over, give or take its jitter.
  func pipelines(of url: String, _ now: Instant) -> [Pipeline] {
    guard let entry = entries[url] else { return [] }
    let shortest = entry.interval
    return entry.pipelines.filter { pipeline in
      guard let interval = pipeline.triggers.poll, let last = entry.served[PollSchedule.wish(of: pipeline)] else {
        return true
      }
      return interval <= shortest || last.duration(to: now) >= interval.duration * 0.9
    }
  }

  /// - Returns: the error that is over now, where there was one.
  @discardableResult
  mutating func succeeded(_ url: String, for pipelines: [Pipeline], now: Instant, date: Date, jitter: Double) -> String?
  {
    guard var entry = entries[url] else { return nil }
    let wishes = entry.wishes
    for wish in pipelines.map(PollSchedule.wish) where wishes.contains(wish) { entry.served[wish] = now }
    // One that came while the question was on its way does not wait.
    let isServed = wishes.allSatisfy { entry.served[$0] != nil }
    entry.next = isServed ? now + entry.interval.duration * jitter : now
    entry.failures = 0
    entry.askedAt = date
    defer { entries[url] = entry }
    return entry.error.take()
  }

  /// - Returns: whether it is another error than the last time.
  @discardableResult
  mutating func failed(_ url: String, _ error: String, now: Instant, date: Date, jitter: Double) -> Bool {
    guard var entry = entries[url] else { return false }
    var pause = entry.interval
    for _ in 0..<entry.failures where pause < PollSchedule.longestPause {
      pause = min(Seconds(pause.value * 2), PollSchedule.longestPause)
    }
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
      PollReport(url: url, interval: entry.interval, askedAt: entry.askedAt, error: entry.error)
    }.sorted { $0.url < $1.url }
  }

  private static func wish(of pipeline: Pipeline) -> Wish {
    Wish(pipeline: pipeline.name, interval: pipeline.triggers.poll ?? longestPause, trigger: pipeline.triggers.push)
  }
}
