public import struct FoundationEssentials.Date

/// A schedule of one pipeline.
public struct PipelineSchedule: Hashable, Sendable {
  public var pipeline: String
  public var schedule: Schedule

  public init(pipeline: String, schedule: Schedule) {
    self.pipeline = pipeline
    self.schedule = schedule
  }
}

/// What is remembered of a schedule.
public struct HandledSchedule: Hashable, Sendable {
  /// Times up to this one are done with.
  public var handledUntil: Date
  /// The last run that it started.
  public var lastRun: Int?

  public init(handledUntil: Date, lastRun: Int? = nil) {
    self.handledUntil = handledUntil
    self.lastRun = lastRun
  }
}

/// The memory of schedules: which time of each was handled last.
public protocol ScheduleStore: Sendable {
  /// Begins to remember those of `schedules` that are new, as handled up to `date`, and forgets all others. Durable when it
  /// returns.
  /// - Returns: what is remembered of each.
  /// - Throws: `StoreFailure`.
  func follow(_ schedules: Set<PipelineSchedule>, at date: Date) async throws -> [PipelineSchedule: HandledSchedule]

  /// Queues the one run of the schedules of a pipeline that are due, and remembers their times as handled, in one transaction:
  /// after a crash at any point both were done or neither. Durable when it returns.
  /// - Parameter due: the last time of each schedule.
  /// - Returns: `nil` where those times were handled already, or nothing is remembered of the schedules.
  /// - Throws: `StoreFailure`.
  func enqueue(_ request: RunRequest, of due: [PipelineSchedule: Date], at date: Date) async throws -> Run?

  /// Takes the schedule as handled up to `date`, also where a later time was. Durable when it returns.
  /// - Throws: `StoreFailure`.
  func restart(_ schedule: PipelineSchedule, at date: Date) async throws
}
