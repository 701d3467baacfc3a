public import Agent

/// `GET /api/schedules`: by pipeline.
public struct ScheduleList: Codable, Sendable {
  public var schedules: [ScheduleReport]

  public init(schedules: [ScheduleReport]) { self.schedules = schedules }
}
