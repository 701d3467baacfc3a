import Model

/// Times of a calendar in five fields: minute, hour, day of the month, month, day of the week (crontab(5)).
struct CronExpression: Hashable, Sendable {
  let minutes: CronField
  let hours: CronField
  let days: CronField
  let months: CronField
  let weekdays: CronField

  /// A mistake in an expression, at its place.
  struct Malformed: Error, Hashable, Sendable {
    /// In Unicode scalars from the beginning of the expression.
    var offset: Int
    var length: Int
    /// A clause without its full stop.
    var message: String
    var suggestion: String?
  }

  static let longest = 256

  private static let nicknames = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
  ]

  init(_ text: String) throws(Malformed) {
    let scalars = Array(text.unicodeScalars)
    guard scalars.count <= CronExpression.longest else {
      throw Malformed(offset: 0, length: 1, message: "the schedule is longer than \(CronExpression.longest) characters")
    }
    let words = CronExpression.words(scalars)
    if let word = words.first, word.text.hasPrefix("@") {
      guard words.count == 1, let expression = CronExpression.nicknames[word.text.lowercased()] else {
        throw CronExpression.unknownNickname(word, alone: words.count == 1)
      }
      try self.init(CronExpression.words(Array(expression.unicodeScalars)), of: expression.unicodeScalars.count)
      return
    }
    try self.init(words, of: scalars.count)
  }

  private init(_ words: [CronWord], of length: Int) throws(Malformed) {
    guard words.count == 5 else {
      let fields = "five fields: minute, hour, day of the month, month, day of the week"
      throw Malformed(
        offset: words.count > 5 ? words[5].offset : 0, length: words.count > 5 ? words[5].length : max(1, length),
        message: "a schedule has \(fields); here \(words.count == 1 ? "is 1" : "are \(words.count)")",
        suggestion: words.count == 6 ? "there are no seconds; leave out the first" : "such as 15 3 * * 1-5")
    }
    minutes = try CronField(words[0], .minute)
    hours = try CronField(words[1], .hour)
    days = try CronField(words[2], .day)
    months = try CronField(words[3], .month)
    weekdays = try CronField(words[4], .weekday)
    guard comes else {
      throw Malformed(
        offset: words[2].offset, length: words[3].offset + words[3].length - words[2].offset,
        message: "this time never comes: there is no such day in "
          + (months.values.count == 1 ? "that month" : "those months"))
    }
  }

  /// Between blanks and tabs.
  private static func words(_ scalars: [Unicode.Scalar]) -> [CronWord] {
    scalars.split { $0 == " " || $0 == "\t" }.map(CronWord.init)
  }

  private static func unknownNickname(_ word: CronWord, alone: Bool) -> Malformed {
    let known = nicknames.keys.sorted()
    let shown = word.text.shown(limit: 40)
    if word.text.lowercased() == "@reboot" {
      return word.mistake(
        "`@reboot` is no time of a calendar",
        suggestion: "a unit of systemd can run `pushrod run` when the machine starts")
    }
    return alone
      ? word.mistake(
        "`\(shown)` is not known",
        suggestion: Suggestion.didYouMean(word.text, known) ?? "known are \(known.joined(separator: ", "))")
      : word.mistake("`\(shown)` stands alone, without other fields")
  }

  /// Where one of the two fields for days begins with `*`, both must match; else either will do (crontab(5)).
  private var eitherDay: Bool { !days.isStarred && !weekdays.isStarred }

  func matches(_ day: CivilDay) -> Bool {
    let (_, month, number) = day.date
    guard months.contains(month) else { return false }
    let (byDay, byWeekday) = (days.contains(number), weekdays.contains(day.weekday))
    return eitherDay ? byDay || byWeekday : byDay && byWeekday
  }

  private var comes: Bool {
    if eitherDay { return true }
    guard let first = days.values.first else { return false }
    // In a leap year.
    return months.values.contains { first <= CivilDay.days(in: $0, of: 2000) }
  }

  /// The longest wait is that for a 29 February which is also on a certain day of the week, over a year without one.
  private static let horizon = 41 * 366

  /// The first time on the wall that matches, not before `start`.
  func first(from start: WallTime) -> WallTime? {
    let begin = WallTime(seconds: -floorDivided(-start.seconds, by: 60) * 60)
    var day = begin.day
    var minute = begin.minuteOfDay
    for _ in 0..<CronExpression.horizon {
      let (year, month, number) = day.date
      if !months.contains(month) {
        day.number += CivilDay.days(in: month, of: year) - number + 1
        minute = 0
        continue
      }
      if matches(day), let time = time(from: minute) { return WallTime(day, hour: time.hour, minute: time.minute) }
      day.number += 1
      minute = 0
    }
    return nil
  }

  private func time(from minute: Int) -> (hour: Int, minute: Int)? {
    let (startHour, startMinute) = (minute / 60, minute % 60)
    for hour in hours.values where hour >= startHour {
      guard let found = minutes.first(from: hour == startHour ? startMinute : 0) else { continue }
      return (hour, found)
    }
    return nil
  }
}
