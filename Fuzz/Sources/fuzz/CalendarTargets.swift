import Foundation

@testable import Pipelines

extension FuzzTarget {
  /// A cron expression, a line feed, a second of this century.
  static let cron = FuzzTarget("cron") { bytes in
    let lines = bytes.lines(2)
    guard let expression = try? CronExpression(lines[0]) else { return }
    let start = lines.count == 2 ? (Int(lines[1]) ?? 0) % 3_000_000_000 : 0
    let times = ScheduleTimes(expression, zone: .utc)
    var found: [Int] = []
    while found.count < 5, let next = times.next(after: found.last ?? start) {
      require(next > found.last ?? start, "\(next) is not after \(found.last ?? start)")
      require(next % 60 == 0, "\(next) is no whole minute")
      require(expression.matches(WallTime(seconds: next).day), "a day that does not match")
      require(times.next(after: next - 1) == next, "a moment before \(next) it is another time")
      found.append(next)
    }
    guard let last = found.last else { return }
    let latest = times.latest(
      after: Date(timeIntervalSince1970: Double(start)), notAfter: Date(timeIntervalSince1970: Double(last)))
    require(
      latest == Date(timeIntervalSince1970: Double(last)), "the latest up to \(last) is \(String(describing: latest))")
  }

  /// A zone file.
  static let zoneFile = FuzzTarget("zone-file") { bytes in
    guard let zone = ZoneFile.rules(bytes), let cron = try? CronExpression("30 2 * * *") else { return }
    let times = ScheduleTimes(cron, zone: zone)
    for year in stride(from: 0, to: 200, by: 7) {
      let instant = (year - 70) * 31_556_952
      let segment = zone.segment(at: instant)
      require(segment.start <= instant && instant < segment.end, "\(instant) is not between \(segment)")
      require(
        zone.instant(of: zone.wall(at: instant)) <= instant, "\(instant) comes later than its own time of the day")
      if let next = times.next(after: instant) { require(next > instant, "\(next) is not after \(instant)") }
    }
  }
}
