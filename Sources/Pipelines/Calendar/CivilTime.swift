/// A day of the proleptic Gregorian calendar, counted from 1970-01-01.
struct CivilDay: Hashable, Sendable {
  var number: Int

  init(number: Int) { self.number = number }

  /// Days since the beginning of a 400-year era that begins in March, so that the odd day is a year's last.
  init(year: Int, month: Int, day: Int) {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    number = era * 146_097 + dayOfEra - 719_468
  }

  var date: (year: Int, month: Int, day: Int) {
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// 0 is Sunday.
  var weekday: Int { ((number + 4) % 7 + 7) % 7 }

  static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  static func days(in month: Int, of year: Int) -> Int {
    month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }
}

/// What a clock on the wall shows, as seconds since it showed 1970-01-01 00:00:00.
struct WallTime: Hashable, Comparable, Sendable {
  var seconds: Int

  init(seconds: Int) { self.seconds = seconds }

  init(_ day: CivilDay, hour: Int = 0, minute: Int = 0) { seconds = day.number * 86_400 + hour * 3600 + minute * 60 }

  var day: CivilDay { CivilDay(number: floorDivided(seconds, by: 86_400)) }
  /// Minutes since midnight.
  var minuteOfDay: Int { (seconds - day.number * 86_400) / 60 }

  static func < (left: WallTime, right: WallTime) -> Bool { left.seconds < right.seconds }
}

/// Rounded down, also below zero.
func floorDivided(_ number: Int, by divisor: Int) -> Int {
  number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor)
}
