/// The rule by which clocks are changed every year, from the last line of a zone file: POSIX's `TZ`, with the extensions
/// of RFC 8536, section 3.3.1.
struct YearlyZoneRule: Hashable, Sendable {
  /// A day of each year, and a time on it.
  struct Moment: Hashable, Sendable {
    enum Day: Hashable, Sendable {
      /// `M3.5.0`: in a month, the last (5) or the nth of a weekday.
      case weekday(month: Int, week: Int, weekday: Int)
      /// `J60`: 1 to 365, and 29 February is never counted.
      case julian(Int)
      /// `59`: 0 to 365, with 29 February.
      case ofYear(Int)
    }

    var day: Day
    /// Seconds from midnight, on the clocks before the change; may lie on another day.
    var time: Int

    func wall(in year: Int) -> WallTime {
      let date: CivilDay
      switch day {
      case .weekday(let month, let week, let weekday):
        let first = CivilDay(year: year, month: month, day: 1)
        var number = first.number + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
        let last = first.number + CivilDay.days(in: month, of: year) - 1
        while number > last { number -= 7 }
        date = CivilDay(number: number)
      case .julian(let number):
        let skipped = CivilDay.isLeap(year) && number >= 60 ? 1 : 0
        date = CivilDay(number: CivilDay(year: year, month: 1, day: 1).number + number - 1 + skipped)
      case .ofYear(let number):
        date = CivilDay(number: CivilDay(year: year, month: 1, day: 1).number + number)
      }
      return WallTime(seconds: date.number * 86_400 + time)
    }
  }

  /// Seconds ahead of UTC.
  var standard: Int
  var summer: Int
  var begin: Moment
  var end: Moment

  /// Of one year, in order.
  func changes(in year: Int) -> [ZoneRules.Change] {
    [
      ZoneRules.Change(at: begin.wall(in: year).seconds - standard, offset: summer),
      ZoneRules.Change(at: end.wall(in: year).seconds - summer, offset: standard),
    ].sorted { $0.at < $1.at }
  }
}

/// Reads POSIX's `TZ`.
struct ZoneLineReader {
  private var rest: Substring.UTF8View

  /// The clocks' offset where they are never changed, or the rule by which they are; `nil` where the text is no such line.
  static func read(_ text: String) -> (standard: Int, yearly: YearlyZoneRule?)? {
    guard text.utf8.count <= 256 else { return nil }
    var reader = ZoneLineReader(rest: text[...].utf8)
    return reader.line()
  }

  private mutating func line() -> (standard: Int, yearly: YearlyZoneRule?)? {
    guard name(), let west = offset(upTo: 24) else { return nil }
    let standard = -west
    if rest.isEmpty { return (standard, nil) }
    guard name() else { return nil }
    var summer = standard + 3600
    if rest.first != UInt8(ascii: ",") {
      guard let west = offset(upTo: 24) else { return nil }
      summer = -west
    }
    guard take(","), let begin = moment(), take(","), let end = moment(), rest.isEmpty else { return nil }
    return (standard, YearlyZoneRule(standard: standard, summer: summer, begin: begin, end: end))
  }

  private mutating func take(_ mark: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: mark) else { return false }
    rest.removeFirst()
    return true
  }

  /// `CET`, `<+03>`
  private mutating func name() -> Bool {
    if take("<") {
      guard let close = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
      rest = rest[rest.index(after: close)...]
      return true
    }
    let letters = rest.prefix { (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) }
    rest = rest[letters.endIndex...]
    return letters.count >= 3
  }

  private mutating func number(upTo limit: Int) -> Int? {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard (1...3).contains(digits.count), let number = Int(String(Substring(digits))), number <= limit else {
      return nil
    }
    rest = rest[digits.endIndex...]
    return number
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  private mutating func offset(upTo hours: Int) -> Int? {
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    guard let hours = number(upTo: hours) else { return nil }
    var seconds = hours * 3600
    for unit in [60, 1] {
      guard take(":") else { break }
      guard let part = number(upTo: 59) else { return nil }
      seconds += part * unit
    }
    return isNegative ? -seconds : seconds
  }

  private mutating func moment() -> YearlyZoneRule.Moment? {
    guard let day = day() else { return nil }
    guard take("/") else { return YearlyZoneRule.Moment(day: day, time: 7200) }
    return offset(upTo: 167).map { YearlyZoneRule.Moment(day: day, time: $0) }
  }

  private mutating func day() -> YearlyZoneRule.Moment.Day? {
    if take("J") {
      guard let number = number(upTo: 365), number >= 1 else { return nil }
      return .julian(number)
    }
    guard take("M") else { return number(upTo: 365).map { .ofYear($0) } }
    guard let month = number(upTo: 12), month >= 1, take("."), let week = number(upTo: 5), week >= 1, take("."),
      let weekday = number(upTo: 6)
    else { return nil }
    return .weekday(month: month, week: week, weekday: weekday)
  }
}
