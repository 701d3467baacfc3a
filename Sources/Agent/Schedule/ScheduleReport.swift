public import struct FoundationEssentials.Date

/// A schedule, as `pushrod schedule ls` shows it.
public struct ScheduleReport: Codable, Hashable, Sendable {
  public var pipeline: String
  public var cron: String
  public var timezone: String
  /// `nil` where no time comes, or `problem` says why it is not known.
  public var next: Date?
  /// The last run that it started.
  public var lastRun: Int?
  /// Why it does not start anything at this moment.
  public var problem: String?

  public init(
    pipeline: String, cron: String, timezone: String, next: Date?, lastRun: Int? = nil, problem: String? = nil
  ) {
    self.pipeline = pipeline
    self.cron = cron
    self.timezone = timezone
    self.next = next
    self.lastRun = lastRun
    self.problem = problem
  }
}
