public import Model

public import struct FoundationEssentials.Date

/// The times of a schedule, in its zone.
///
/// Where the clocks are changed, a schedule whose hours begin with `*` goes by the time that passes, and any other by the
/// clock on the wall: a time that the wall never shows comes when the clocks have been put forward, and one that it shows
/// twice comes the first time.
public struct ScheduleTimes: Hashable, Sendable {
  private let cron: CronExpression
  private let zone: ZoneRules

  /// - Returns: `nil` for an expression that cannot be read; none of a pipeline's is such.
  public init?(_ schedule: Schedule, zone: ZoneRules) {
    guard let cron = try? CronExpression(schedule.cron) else { return nil }
    self.init(cron, zone: zone)
  }

  init(_ cron: CronExpression, zone: ZoneRules) {
    self.cron = cron
    self.zone = zone
  }

  /// The first time after `date`; `nil` where there is none within forty years.
  public func next(after date: Date) -> Date? {
    next(after: Int(date.timeIntervalSince1970.rounded(.down))).map { Date(timeIntervalSince1970: Double($0)) }
  }

  /// The last time that is after `start` and not after `end`; `nil` where there is none.
  public func latest(after start: Date, notAfter end: Date) -> Date? {
    var low = Int(start.timeIntervalSince1970.rounded(.down))
    let end = Int(end.timeIntervalSince1970.rounded(.down))
    guard low < end, let first = next(after: low), first <= end else { return nil }
    var latest = first
    var high = end
    // After which second comes no other time: by halves, however often the schedule comes.
    while low < high {
      let middle = low + (high - low) / 2
      if let found = next(after: middle), found <= end {
        latest = found
        low = max(middle + 1, found)
      } else {
        high = middle
      }
    }
    return Date(timeIntervalSince1970: Double(latest))
  }

  func next(after instant: Int) -> Int? { cron.hours.isStarred ? passing(after: instant) : shown(after: instant) }

  /// By the time that passes: each stretch between two changes of the clocks by itself.
  private func passing(after instant: Int) -> Int? {
    var segment = zone.segment(at: instant)
    var from = instant + 1
    while from - instant < ScheduleTimes.horizon {
      guard let wall = cron.first(from: WallTime(seconds: from + segment.offset)) else { return nil }
      let found = wall.seconds - segment.offset
      if found < segment.end { return found }
      from = segment.end
      segment = zone.segment(at: from)
    }
    return nil
  }

  /// By the clock on the wall.
  private func shown(after instant: Int) -> Int? {
    var wall = cron.first(from: zone.wall(at: instant))
    while let time = wall {
      let found = zone.instant(of: time)
      if found > instant { return found }
      wall = cron.first(from: WallTime(seconds: time.seconds + 60))
    }
    return nil
  }

  private static let horizon = 41 * 366 * 86_400
}
