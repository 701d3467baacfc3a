public import FoundationEssentials
public import Logging
public import Model
public import Pipelines
public import ServiceLifecycle

/// Starts the pipelines that have a schedule, each time once.
///
/// The wall clock decides, which may be set at any moment: so it is looked at often, and no time is computed from how long
/// a sleep took.
public actor Scheduler: Service {
  /// A schedule that is in force.
  private struct Entry {
    var times: ScheduleTimes?
    var handled: HandledSchedule
    var next: Date?
    var problem: String?
  }

  /// How soon changed pipelines and a clock that was set are noticed, at the latest.
  private static let longestSleep: TimeInterval = 2
  private static let pauseAfterFailure: TimeInterval = 10
  /// A clock that was set back by less than this makes no time come again (cron(8) has the same bound).
  private static let longestStepBack: TimeInterval = 3 * 3600
  /// Zone files change when the system is upgraded.
  private static let zonesAge = Duration.seconds(3600)

  private let store: any ScheduleStore
  private let rules: RulesInForce
  private let zones: Zones
  private let now: @Sendable () -> Date
  private let runsWereQueued: @Sendable () -> Void
  private let logger: Logger
  private let files = BlockingWork("time zones")

  private var entries: [PipelineSchedule: Entry] = [:]
  private var isFollowing = false
  private var zonesRead: ContinuousClock.Instant?
  private var isFailing = false

  /// - Parameters:
  ///   - now: the wall clock.
  ///   - runsWereQueued: told after a run was recorded.
  public init(
    store: any ScheduleStore, rules: RulesInForce, zones: Zones, now: @escaping @Sendable () -> Date = { Date() },
    runsWereQueued: @escaping @Sendable () -> Void, logger: Logger
  ) {
    self.store = store
    self.rules = rules
    self.zones = zones
    self.now = now
    self.runsWereQueued = runsWereQueued
    self.logger = logger
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown { await self.loop() }
  }

  private func loop() async {
    while !Task.isCancelled {
      let pause = await turn()
      try? await Task.sleep(for: .seconds(pause))
    }
  }

  /// All schedules that are in force, by pipeline.
  public var reports: [ScheduleReport] {
    entries.map { key, entry in
      ScheduleReport(
        pipeline: key.pipeline, cron: key.schedule.cron, timezone: key.schedule.timezone ?? "UTC", next: entry.next,
        lastRun: entry.handled.lastRun, problem: entry.problem)
    }.sorted { ($0.pipeline, $0.cron, $0.timezone) < ($1.pipeline, $1.cron, $1.timezone) }
  }

  /// Starts what is due.
  /// - Returns: how long to sleep.
  func turn() async -> TimeInterval {
    do {
      try await follow()
      for key in entries.keys { try await restart(key) }
      for (pipeline, keys) in Dictionary(grouping: entries.keys, by: \.pipeline) { try await start(pipeline, keys) }
      if isFailing { logger.notice("schedules go on", metadata: ["event": "schedule_recovered"]) }
      isFailing = false
    } catch {
      if !isFailing, !Task.isCancelled {
        logger.error(
          "the store cannot say what is due, or take it; it is tried again",
          metadata: ["event": "schedule_failed", "error": "\(error)"])
      }
      isFailing = true
      return Scheduler.pauseAfterFailure
    }
    let next = entries.values.compactMap(\.next).min()
    return max(0.01, min(Scheduler.longestSleep, next?.timeIntervalSince(now()) ?? .infinity))
  }

  /// Takes over what the pipelines say now.
  private func follow() async throws {
    let wanted = Set(
      rules.current.pipelines.flatMap { pipeline in
        (pipeline.triggers.schedules ?? []).map { PipelineSchedule(pipeline: pipeline.name, schedule: $0) }
      })
    let areZonesOld = zonesRead.map { $0.duration(to: .now) > Scheduler.zonesAge } ?? true
    guard !isFollowing || wanted != Set(entries.keys) || (areZonesOld && !wanted.isEmpty) else { return }
    let remembered = try await store.follow(wanted, at: now())
    let names = Set(wanted.compactMap(\.schedule.timezone))
    let found = await files.run { [zones] in
      Dictionary(uniqueKeysWithValues: names.map { ($0, zones.find($0)) })
    }
    zonesRead = .now
    isFollowing = true
    entries = remembered.reduce(into: [:]) { entries, known in
      let (key, handled) = known
      var entry = Entry(handled: handled)
      switch key.schedule.timezone.map({ found[$0] ?? .failure(ZoneFailure("is not known")) }) ?? .success(.utc) {
      case .success(let zone): entry.times = ScheduleTimes(key.schedule, zone: zone)
      case .failure(let failure):
        entry.problem = "time zone \(key.schedule.timezone ?? "") \(failure.words)"
        logger.error(
          "a schedule does not start anything: \(entry.problem ?? "")",
          metadata: ["event": "schedule_problem", "pipeline": "\(key.pipeline)"])
      }
      entry.next = entry.times?.next(after: handled.handledUntil)
      entries[key] = entry
    }
  }

  /// The times of a clock that was wrong must not keep the right ones away.
  private func restart(_ key: PipelineSchedule) async throws {
    let now = now()
    guard var entry = entries[key], let times = entry.times,
      entry.handled.handledUntil.timeIntervalSince(now) > Scheduler.longestStepBack
    else { return }
    try await store.restart(key, at: now)
    logger.notice(
      "the clock was set back; the schedule goes on from now",
      metadata: ["event": "schedule_restarted", "pipeline": "\(key.pipeline)"])
    entry.handled.handledUntil = now
    entry.next = times.next(after: now)
    entries[key] = entry
  }

  /// One run for all lines of a pipeline that are due: where two of them meet in a minute, or were missed together, it is the
  /// same that is wanted.
  private func start(_ name: String, _ keys: [PipelineSchedule]) async throws {
    let now = now()
    var due: [PipelineSchedule: Date] = [:]
    for key in keys {
      guard let entry = entries[key], let next = entry.next, next <= now else { continue }
      due[key] = entry.times?.latest(after: entry.handled.handledUntil, notAfter: now)
    }
    guard let last = due.values.max(), let first = due.keys.compactMap({ entries[$0]?.next }).min(),
      let pipeline = rules.current.pipeline(named: name)
    else { return }
    let run = try await store.enqueue(
      RunRequest(pipeline: pipeline, trigger: .schedule, ref: pipeline.usualRef, commit: nil, scheduledFor: last),
      of: due, at: now)
    for (key, time) in due {
      guard var entry = entries[key] else { continue }
      entry.handled.handledUntil = time
      if let run { entry.handled.lastRun = run.number }
      entry.next = entry.times?.next(after: time)
      entries[key] = entry
    }
    guard let run else { return }
    logger.info(
      last > first ? "a run of a schedule was queued, for the last of the times that were missed" : "a run was queued",
      metadata: [
        "event": "schedule_started", "stage": "enqueue", "pipeline": "\(name)", "run": "\(run.number)",
        "scheduled_for": "\(JSON.text(of: last))",
      ])
    runsWereQueued()
  }
}
