/// When the clocks of a place were and will be changed, and what they show.
///
/// A pure value; whoever may read files makes it from one of the system's zone files.
public struct ZoneRules: Hashable, Sendable {
  /// From `at` on, the clocks are `offset` seconds ahead of UTC.
  struct Change: Hashable, Sendable {
    /// Seconds since 1970 (UTC).
    var at: Int
    var offset: Int
  }

  /// Before the first change.
  let firstOffset: Int
  /// In order.
  let changes: [Change]
  /// What follows the last change, for good; `nil`: nothing does.
  let yearly: YearlyZoneRule?

  public static let utc = ZoneRules(firstOffset: 0, changes: [], yearly: nil)

  func offset(at instant: Int) -> Int { segment(at: instant).offset }

  /// The time around an instant in which the clocks are not changed.
  func segment(at instant: Int) -> (start: Int, end: Int, offset: Int) {
    let index = changes.partitioningIndex { $0.at > instant }
    let before = index == 0 ? Change(at: .min, offset: firstOffset) : changes[index - 1]
    if index < changes.count { return (before.at, changes[index].at, before.offset) }
    guard let yearly else { return (before.at, .max, before.offset) }
    let year = CivilDay(number: floorDivided(instant, by: 86_400)).date.year
    let near = (year - 1...year + 1).flatMap(yearly.changes).filter { $0.at > before.at }
    let next = near.firstIndex { $0.at > instant } ?? near.endIndex
    let current = next == 0 ? before : near[next - 1]
    return (current.at, next < near.endIndex ? near[next].at : .max, current.offset)
  }

  /// The instant at which a clock on the wall first shows a time; where it never does, because the clocks are put forward
  /// over it, the first one after that.
  func instant(of wall: WallTime) -> Int {
    // Nowhere are the clocks a day off from UTC, nor were they changed by more than that.
    var segment = segment(at: wall.seconds - 2 * 86_400)
    while true {
      let instant = wall.seconds - segment.offset
      if instant < segment.end { return max(instant, segment.start) }
      segment = self.segment(at: segment.end)
    }
  }

  func wall(at instant: Int) -> WallTime { WallTime(seconds: instant + offset(at: instant)) }
}

extension Array {
  /// The first index for which `belongs` is true, where it is false for all before and true for all after.
  fileprivate func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
