import Foundation
import Logging
import Model
import Pipelines
import Store
import Synchronization
import TestSupport
import Testing

@testable import Agent

@Suite struct SchedulerTests {
  /// A wall clock that only a test sets.
  private final class WallClock: Sendable {
    private let date: Mutex<Date>

    init(_ text: String) throws { date = Mutex(try Self.read(text)) }

    static func read(_ text: String) throws -> Date { try Date(text, strategy: Date.ISO8601FormatStyle()) }

    var now: Date { date.withLock { $0 } }
    func set(_ text: String) throws {
      let new = try Self.read(text)
      date.withLock { $0 = new }
    }
  }

  private static func pipeline(_ name: String = "shop", _ crons: String..., zone: String? = nil) throws -> Pipeline {
    var pipeline = try somePipeline(name)
    pipeline.triggers.schedules = crons.map { Schedule(cron: $0, timezone: zone) }
    return pipeline
  }

  private func scheduler(
    _ store: SQLiteStore, _ pipelines: [Pipeline], _ clock: WallClock, queued: @escaping @Sendable () -> Void = {}
  ) -> Scheduler {
    let rules = someRules(pipelines)
    let inForce = RulesInForce(
      rules,
      origin: RulesOrigin(
        load: { .init(rules: rules, needsRestart: []) }, loadPipelines: { $0.pipelines }, fingerprint: { 0 }),
      logger: .silent)
    return Scheduler(
      store: store, rules: inForce,
      zones: Zones { $0 == "Nowhere/Else" ? .failure(ZoneFailure("does not exist")) : .success(.utc) },
      now: { clock.now }, runsWereQueued: queued, logger: .silent)
  }

  private func times(_ store: SQLiteStore) async throws -> [String] {
    try await store.queuedRuns(limit: 100).map {
      $0.request.scheduledFor.map { String(JSON.text(of: $0).prefix(16)) } ?? "none"
    }
  }

  @Test("each time is queued once, of the pipeline's ref at its tip, and a new schedule has no past")
  func once() async throws {
    let area = try TemporaryDirectory("scheduler")
    let store = try SQLiteStore.open(path: area.file("pushrod.db"))
    let clock = try WallClock("2026-11-30T10:00:30Z")
    let told = Mutex(0)
    let scheduler = scheduler(store, [try Self.pipeline("shop", "*/5 * * * *")], clock) { told.withLock { $0 += 1 } }
    #expect(await scheduler.turn() == 2)
    try clock.set("2026-11-30T10:04:59Z")
    #expect(await scheduler.turn() == 1)
    #expect(try await times(store) == [])
    try clock.set("2026-11-30T10:05:00Z")
    for _ in 0..<3 { _ = await scheduler.turn() }
    #expect(try await times(store) == ["2026-11-30T10:05"])
    #expect(told.withLock { $0 } == 1)
    let run = try #require(try await store.run(number: 1))
    #expect(run.request.trigger == .schedule && run.request.commit == nil && run.request.pusher == nil)
    #expect(run.request.ref.full == "refs/heads/main")
    #expect(
      await scheduler.reports == [
        ScheduleReport(
          pipeline: "shop", cron: "*/5 * * * *", timezone: "UTC", next: try WallClock.read("2026-11-30T10:10:00Z"),
          lastRun: 1)
      ])
    try store.close()
  }

  @Test("where two lines of a pipeline meet in a minute, that minute runs once; each goes on by itself")
  func meeting() async throws {
    let area = try TemporaryDirectory("scheduler")
    let store = try SQLiteStore.open(path: area.file("pushrod.db"))
    let clock = try WallClock("2026-11-30T10:00:30Z")
    let scheduler = scheduler(store, [try Self.pipeline("shop", "*/2 * * * *", "*/3 * * * *")], clock)
    for minute in 0...6 {
      try clock.set("2026-11-30T10:0\(minute):40Z")
      _ = await scheduler.turn()
    }
    #expect(try await times(store).map { $0.suffix(2) } == ["02", "03", "04", "06"])
    #expect(await scheduler.reports.map(\.lastRun) == [4, 4])
    try store.close()
  }

  @Test("what was missed runs once, for the last time of it, and kill -9 at any point repeats nothing")
  func missed() async throws {
    let area = try TemporaryDirectory("scheduler")
    let pipelines = [try Self.pipeline("shop", "*/5 * * * *", "0 3 * * *"), try Self.pipeline("blog", "0 0 1 1 *")]
    let clock = try WallClock("2026-11-30T10:00:00Z")
    for (now, count) in [
      ("2026-11-30T10:00:00Z", 0), ("2026-12-03T09:58:00Z", 1), ("2026-12-03T09:58:30Z", 1),
      ("2027-01-05T00:00:00Z", 3),
    ] {
      // A new agent each time, on what the one before left.
      let store = try SQLiteStore.open(path: area.file("pushrod.db"))
      try clock.set(now)
      let scheduler = scheduler(store, pipelines, clock)
      _ = await scheduler.turn()
      #expect(try await store.queuedRuns(limit: 100).count == count, "\(now)")
      // For all lines of a pipeline together.
      if count == 3 {
        #expect(Set(try await times(store)) == ["2026-12-03T09:55", "2027-01-05T00:00", "2027-01-01T00:00"])
      }
      try store.close()
    }
  }

  @Test("a clock that is set back a little makes no time come again; one that was far ahead blocks nothing")
  func clockSet() async throws {
    let area = try TemporaryDirectory("scheduler")
    let store = try SQLiteStore.open(path: area.file("pushrod.db"))
    let clock = try WallClock("2026-11-30T10:00:00Z")
    let scheduler = scheduler(store, [try Self.pipeline("shop", "0 * * * *")], clock)
    _ = await scheduler.turn()
    try clock.set("2026-11-30T12:00:01Z")
    _ = await scheduler.turn()
    #expect(try await times(store) == ["2026-11-30T12:00"])
    for time in ["2026-11-30T10:30:00Z", "2026-11-30T11:00:00Z", "2026-11-30T12:00:00Z"] {
      try clock.set(time)
      _ = await scheduler.turn()
    }
    #expect(try await times(store).count == 1)
    // For a moment the clock is in another year.
    try clock.set("2030-01-01T00:00:00Z")
    _ = await scheduler.turn()
    #expect(try await times(store).last == "2030-01-01T00:00")
    for time in ["2026-11-30T12:30:00Z", "2026-11-30T13:00:00Z"] {
      try clock.set(time)
      _ = await scheduler.turn()
    }
    #expect(try await times(store) == ["2026-11-30T12:00", "2030-01-01T00:00", "2026-11-30T13:00"])
    try store.close()
  }

  @Test("a zone that cannot be had any more holds up no other schedule, and is told")
  func noZone() async throws {
    let area = try TemporaryDirectory("scheduler")
    let store = try SQLiteStore.open(path: area.file("pushrod.db"))
    let clock = try WallClock("2026-11-30T10:00:00Z")
    let scheduler = scheduler(
      store, [try Self.pipeline("a", "0 * * * *", zone: "Nowhere/Else"), try Self.pipeline("b", "0 * * * *")], clock)
    _ = await scheduler.turn()
    try clock.set("2026-11-30T11:00:00Z")
    _ = await scheduler.turn()
    #expect(try await store.queuedRuns(limit: 10).map(\.request.pipeline.name) == ["b"])
    let reports = await scheduler.reports
    #expect(reports[0].problem == "time zone Nowhere/Else does not exist" && reports[0].next == nil)
    #expect(reports[1].problem == nil)
    try store.close()
  }
}
