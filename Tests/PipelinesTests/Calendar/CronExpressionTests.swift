import Model
import Testing

@testable import Pipelines

@Suite struct CronExpressionTests {
  /// Every mistake as `column message | suggestion`, the column within the schedule, from 1.
  private func mistake(_ text: String) -> String {
    do {
      let cron = try CronExpression(text)
      return "was read as \(cron)"
    } catch {
      return "\(error.offset + 1)-\(error.offset + error.length) \(error.message)"
        + (error.suggestion.map { " | \($0)" } ?? "")
    }
  }

  @Test("five fields with names, ranges, steps and lists are read")
  func reading() throws {
    let cron = try CronExpression(" */20  8-10,12\t1-31/10 jan,MAR-may mon-Fri/2,7 ")
    #expect(cron.minutes.values == [0, 20, 40])
    #expect(cron.hours.values == [8, 9, 10, 12])
    #expect(cron.days.values == [1, 11, 21, 31])
    #expect(cron.months.values == [1, 3, 4, 5])
    #expect(cron.weekdays.values == [0, 1, 3, 5])
    #expect(try CronExpression("0 0 * * 5-7").weekdays.values == [0, 5, 6])
    #expect(try CronExpression("0 0 * * */2").weekdays.values == [0, 2, 4, 6])
    #expect(try CronExpression("0 0 29 2 *").days.values == [29])
    #expect(try CronExpression("* * * * *").minutes.values.count == 60)
  }

  @Test(
    "the short names are what they stand for",
    arguments: [
      ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@weekly", "0 0 * * 0"), ("@monthly", "0 0 1 * *"),
      ("@YEARLY ", "0 0 1 1 *"),
    ])
  func nicknames(name: String, expression: String) throws {
    #expect(try CronExpression(name) == CronExpression(expression))
  }

  @Test(
    "what cron(8) does not have, and what cannot be meant, is refused at its place",
    arguments: [
      ("5/15 * * * *", "1-1 a step goes through a range, and `5` is one value | write 5-59, or * for all"),
      ("0 22-6 * * *", "3-6 the range `22-6` goes backwards | write 22-23,0-6"),
      ("0 0 * * fri-sun", "9-15 the range `fri-sun` goes backwards | Sunday is 7 there: write 5-7"),
      ("0 0 * * sat-mon", "9-15 the range `sat-mon` goes backwards | write 6-6,0-1"),
      (
        "0 0 L * *",
        "5-5 `L` is a mark of other programs, which cron(8) does not have | have the first step find out whether this is the day"
      ),
      (
        "0 0 15W * *",
        "5-7 `W` is a mark of other programs, which cron(8) does not have | have the first step find out whether this is the day"
      ),
      (
        "0 0 * * 1#2",
        "9-11 `#` is a mark of other programs, which cron(8) does not have | have the first step find out whether this is the day"
      ),
      ("0 0 ? * 1", "5-5 `?` is a mark of other programs, which cron(8) does not have | write *"),
      (
        "@reboot",
        "1-7 `@reboot` is no time of a calendar | a unit of systemd can run `pushrod run` when the machine starts"
      ),
      ("@dayly", "1-6 `@dayly` is not known | did you mean `@daily`?"),
      ("@daily 3", "1-6 `@daily` stands alone, without other fields"),
      ("0 0 30 2 *", "5-8 this time never comes: there is no such day in that month"),
      ("0 0 31 apr,jun */2", "5-14 this time never comes: there is no such day in those months"),
      ("60 * * * *", "1-2 the minute is 0 to 59, not `60`"),
      ("0 24 * * *", "3-4 the hour is 0 to 23, not `24`"),
      ("0 0 0 * *", "5-5 the day of the month is 1 to 31, not `0`"),
      ("0 0 * juni *", "7-10 the month is 1 to 12, or jan to dec, not `juni` | did you mean `jun`?"),
      ("0 0 * * 8", "9-9 the day of the week is 0 to 7, or sun to sat, not `8`"),
      ("*/0 * * * *", "3-3 a step of the minute is a number from 1 to 59"),
      ("*/60 * * * *", "3-4 a step of the minute is a number from 1 to 59"),
      ("*/2/3 * * * *", "1-5 `*/2/3` has two steps"),
      ("1-2-3 * * * *", "1-5 `1-2-3` is no range"),
      ("1,,2 * * * *", "3-3 a comma stands beside nothing | leave it out"),
      ("-1 * * * *", "1-1 the minute is 0 to 59, not ``"),
      ("+1 * * * *", "1-2 the minute is 0 to 59, not `+1`"),
      ("٣ * * * *", "1-1 the minute is 0 to 59, not `٣`"),
      (
        "* * * *",
        "1-7 a schedule has five fields: minute, hour, day of the month, month, day of the week; here are 4 | such as 15 3 * * 1-5"
      ),
      (
        "0 0 0 * * *",
        "11-11 a schedule has five fields: minute, hour, day of the month, month, day of the week; here are 6 | there are no seconds; leave out the first"
      ),
      (
        "",
        "1-1 a schedule has five fields: minute, hour, day of the month, month, day of the week; here are 0 | such as 15 3 * * 1-5"
      ),
    ])
  func mistaken(text: String, expected: String) { #expect(mistake(text) == expected) }

  @Test("a schedule has at most 256 characters")
  func length() {
    let long = "0" + String(repeating: ",0", count: 124)
    #expect(mistake(long + " * * * *").hasPrefix("1-1 the schedule is longer than 256 characters"))
    #expect((try? CronExpression(long.dropLast(2) + " * * * *")) != nil)
  }

  @Test("of two days that are both restricted either will do; beside a star both must match")
  func days() throws {
    // 2026-11-13 is a Friday, 2026-11-01 a Sunday.
    func days(_ expression: String) throws -> [Int] {
      let cron = try CronExpression(expression)
      return (1...30).filter { cron.matches(CivilDay(year: 2026, month: 11, day: $0)) }
    }
    #expect(try days("0 0 13 * fri") == [6, 13, 20, 27])
    #expect(try days("0 0 1,2 * sun") == [1, 2, 8, 15, 22, 29])
    #expect(try days("0 0 * * fri") == [6, 13, 20, 27])
    #expect(try days("0 0 13 * *") == [13])
    #expect(try days("0 0 */2 * sun") == [1, 15, 29])
    #expect(try days("0 0 13,14 * */5") == [13])
  }

  @Test("days of the calendar go there and back, with the right day of the week")
  func calendar() {
    #expect(CivilDay(year: 1970, month: 1, day: 1).number == 0)
    #expect(CivilDay(year: 2000, month: 2, day: 29).number == 11_016)
    #expect(CivilDay(year: 2026, month: 11, day: 30).weekday == 1)
    for number in stride(from: -200_000, to: 200_000, by: 37) {
      let (year, month, day) = CivilDay(number: number).date
      #expect(CivilDay(year: year, month: month, day: day).number == number)
      #expect((1...CivilDay.days(in: month, of: year)).contains(day))
    }
  }
}
