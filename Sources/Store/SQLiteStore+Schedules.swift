public import FoundationEssentials
import GRDB
public import Model

extension SQLiteStore: ScheduleStore {
  public func follow(
    _ schedules: Set<PipelineSchedule>, at date: Date
  ) async throws -> [PipelineSchedule: HandledSchedule] {
    try await write { db in
      let deletion = try db.cachedStatement(
        sql: "DELETE FROM schedules WHERE pipeline = ? AND cron = ? AND timezone = ?")
      for (gone, _) in try SQLiteStore.remembered(db) where !schedules.contains(gone) {
        try deletion.execute(arguments: gone.key)
      }
      let insertion = try db.cachedStatement(
        sql: """
          INSERT INTO schedules (pipeline, cron, timezone, handled_until) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
          """)
      for schedule in schedules {
        try insertion.execute(arguments: schedule.key + [StoredTime.milliseconds(date)])
      }
      return try SQLiteStore.remembered(db)
    }
  }

  public func enqueue(_ request: RunRequest, of due: [PipelineSchedule: Date], at date: Date) async throws -> Run? {
    let prepared = try PreparedRun(request, at: date)
    return try await write { db in
      let update = try db.cachedStatement(
        sql: """
          UPDATE schedules SET handled_until = ? WHERE pipeline = ? AND cron = ? AND timezone = ? AND handled_until < ?
          """)
      let new = try due.filter { schedule, time in
        let until = StoredTime.milliseconds(time)
        try update.execute(arguments: [until] + schedule.key + [until])
        return db.changesCount == 1
      }
      guard !new.isEmpty else { return nil }
      let number = try prepared.insert(db, delivery: nil)
      let mark = try db.cachedStatement(
        sql: "UPDATE schedules SET last_run = ? WHERE pipeline = ? AND cron = ? AND timezone = ?")
      for schedule in new.keys { try mark.execute(arguments: [number] + schedule.key) }
      return try SQLiteStore.existing(number, db)
    }
  }

  public func restart(_ schedule: PipelineSchedule, at date: Date) async throws {
    try await write { db in
      try db.cachedStatement(
        sql: "UPDATE schedules SET handled_until = ? WHERE pipeline = ? AND cron = ? AND timezone = ?"
      ).execute(arguments: [StoredTime.milliseconds(date)] + schedule.key)
    }
  }

  private static func remembered(_ db: Database) throws -> [PipelineSchedule: HandledSchedule] {
    let statement = try db.cachedStatement(
      sql: "SELECT pipeline, cron, timezone, handled_until, last_run FROM schedules")
    var remembered: [PipelineSchedule: HandledSchedule] = [:]
    let rows = try Row.fetchCursor(statement)
    while let row = try rows.next() {
      let zone: String = row["timezone"]
      let schedule = Schedule(cron: row["cron"], timezone: zone.isEmpty ? nil : zone)
      remembered[PipelineSchedule(pipeline: row["pipeline"], schedule: schedule)] = HandledSchedule(
        handledUntil: StoredTime.date(row["handled_until"]), lastRun: row["last_run"])
    }
    return remembered
  }
}

extension PipelineSchedule {
  fileprivate var key: StatementArguments { [pipeline, schedule.cron, schedule.timezone ?? ""] }
}
