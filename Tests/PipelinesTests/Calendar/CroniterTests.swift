import Foundation
import Model
import TestSupport
import Testing

@testable import Pipelines

/// The same times as an independent implementation of cron finds (croniter), in the time zones of another one (Python's
/// zoneinfo).
///
/// croniter is asked for times on the wall, and where the clocks are changed, `ScheduleTimes` is the rule: croniter has others
/// (it leaves a skipped time out, or moves it by an hour). More differences are known. So that they do not matter, the question
/// is put in another way: beside a field such as `*/2`, croniter takes the other field for days as enough, where cron(8)
/// wants both (`day_or`); the seventh weekday is asked as 0; and a field that names each day without a `*` is not asked at all,
/// for it is a `*` to croniter, and restricts nothing. From a day in February, croniter passes over the first days of March where a
/// later day of the month is wanted too: such differences are counted, and no others are let through.
@Suite(
  "Schedules against croniter",
  .enabled(if: SystemZones.areThere, "this machine has no time zones (Debian package tzdata)"),
  .enabled(if: CroniterPython.path != nil, "no python3 here has croniter (Debian package python3-croniter)"))
struct CroniterTests {
  private static let zones = [
    "UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Havana", "America/Sao_Paulo",
    "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "Antarctica/Troll", "Africa/Casablanca", "America/St_Johns",
  ]

  private struct Question: Encodable {
    var cron: String
    var either: Bool
    var starred: Bool
    var zone: String
    var seed: Int
  }

  private struct Answer: Decodable {
    var start: Int
    var next: [Int]
  }

  @Test("10,000 random schedules come at the same times, changes of the clocks included")
  func comparison() throws {
    var generator = SeededGenerator(seed: 20_261_130)
    var ours: [String] = []
    var questions: [Question] = []
    while questions.count < 10_000 {
      let text = RandomCron.expression(&generator)
      guard let cron = try? CronExpression(text.ours), cron.days.isStarred || cron.days.values.count < 31,
        cron.weekdays.isStarred || cron.weekdays.values.count < 7
      else { continue }
      questions.append(
        Question(
          cron: text.theirs, either: !cron.days.isStarred && !cron.weekdays.isStarred, starred: cron.hours.isStarred,
          zone: Self.zones[questions.count % Self.zones.count], seed: Int.random(in: 0..<1 << 40, using: &generator)))
      ours.append(text.ours)
    }
    let area = try TemporaryDirectory("croniter")
    try JSONEncoder().encode(questions).write(to: URL(fileURLWithPath: area.file("questions.json")))
    try area.write("reference.py", Self.reference)
    let output = try runChecked([
      try #require(CroniterPython.path), area.file("reference.py"), area.file("questions.json"),
    ])
    let answers = try JSONDecoder().decode([Answer].self, from: Data(output.utf8))
    try #require(answers.count == questions.count)
    let rules = try Dictionary(uniqueKeysWithValues: Self.zones.map { ($0, try SystemZones.rules($0)) })
    var (times, nearChanges, known, different) = (0, 0, 0, 0)
    for (index, answer) in answers.enumerated() {
      let zone = try #require(rules[questions[index].zone])
      let cron = try CronExpression(ours[index])
      let schedule = ScheduleTimes(cron, zone: zone)
      var instant = answer.start
      for expected in answer.next {
        let found = schedule.next(after: instant)
        if let found, found < expected, Self.isOfMarch(found, after: instant, cron, zone) {
          known += 1
        } else if found != expected {
          different += 1
          if different <= 20 {
            Issue.record(
              "\(ours[index]) in \(questions[index].zone) after \(Date(timeIntervalSince1970: Double(instant))): \(found.map { Date(timeIntervalSince1970: Double($0)).description } ?? "never"), and croniter \(Date(timeIntervalSince1970: Double(expected)))"
            )
          }
        }
        times += 1
        if zone.offset(at: instant) != zone.offset(at: expected) { nearChanges += 1 }
        instant = expected
      }
    }
    print(
      "croniter: \(questions.count) schedules, \(times) times compared, \(nearChanges) over a change of the clocks, "
        + "\(known) of March that croniter passes over")
    #expect(different == 0)
    #expect(times > 25_000 && nearChanges > 1000 && known < 100)
  }

  private static func isOfMarch(_ found: Int, after start: Int, _ cron: CronExpression, _ zone: ZoneRules) -> Bool {
    zone.wall(at: start).day.date.month == 2 && zone.wall(at: found).day.date.month == 3
      && cron.days.values.last ?? 0 > 28
  }

  private static let reference = """
    import json, random, sys
    from datetime import datetime, timedelta, timezone
    from zoneinfo import ZoneInfo
    from croniter import croniter
    from croniter.croniter import CroniterBadDateError

    UTC = timezone.utc

    def instants(wall, zone):
        found = []
        for fold in (0, 1):
            utc = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
            if utc.astimezone(zone).replace(tzinfo=None) == wall and utc not in found:
                found.append(utc)
        return sorted(found)

    def first_after_gap(wall, zone):
        # PEP 495: fold=1 takes the offset after the change, and so an instant before it.
        low = int(wall.replace(tzinfo=zone, fold=1).astimezone(UTC).timestamp())
        high = int(wall.replace(tzinfo=zone, fold=0).astimezone(UTC).timestamp())
        offset = lambda at: datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
        before = offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            if offset(middle) == before: low = middle
            else: high = middle
        return datetime.fromtimestamp(high, UTC)

    def next_time(q, start, zone):
        wall = start.astimezone(zone).replace(tzinfo=None)
        if not q["starred"]:
            steps = croniter(q["cron"], wall - timedelta(minutes=1), day_or=q["either"])
            while True:
                shown = steps.get_next(datetime)
                found = instants(shown, zone)
                at = found[0] if found else first_after_gap(shown, zone)
                if at > start: return at
        steps = croniter(q["cron"], wall - timedelta(hours=4), day_or=q["either"])
        best = None
        while True:
            shown = steps.get_next(datetime)
            if best is not None and shown > best.astimezone(zone).replace(tzinfo=None) + timedelta(hours=4):
                return best
            for at in instants(shown, zone):
                if at > start and (best is None or at < best): best = at

    changes = {}
    def changes_of(name):
        if name not in changes:
            zone, found = ZoneInfo(name), []
            at = datetime(2005, 1, 1, tzinfo=UTC)
            while at.year < 2080:
                after = at + timedelta(days=5)
                if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset(): found.append(at)
                at = after
            changes[name] = found
        return changes[name]

    answers = []
    for q in json.load(open(sys.argv[1])):
        dice, zone = random.Random(q["seed"]), ZoneInfo(q["zone"])
        near = changes_of(q["zone"])
        if near and dice.random() < 0.6:
            start = dice.choice(near) + timedelta(seconds=dice.randrange(6 * 86400))
        else:
            start = datetime(2005, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(75 * 365 * 86400))
        answer = {"start": int(start.timestamp()), "next": []}
        try:
            for _ in range(3):
                start = next_time(q, start, zone)
                answer["next"].append(int(start.timestamp()))
        except CroniterBadDateError:
            pass
        answers.append(answer)
    print(json.dumps(answers))
    """
}

/// The Python that knows croniter.
private enum CroniterPython {
  static let path: String? = ["python3", "/usr/bin/python3"].first { python in
    (try? run([python, "-c", "import croniter, zoneinfo"]).status) == 0
  }
}

/// Schedules at random, as cron has them and as croniter understands the same.
private enum RandomCron {
  static func expression(_ generator: inout SeededGenerator) -> (ours: String, theirs: String) {
    let fields = [
      field(0...59, [], [0.2, 0.3], &generator), field(0...23, [], [0.3, 0.2], &generator),
      field(1...31, [], [0.55, 0.1], &generator),
      field(
        1...12, "jan feb mar apr may jun jul aug sep oct nov dec".split(separator: " ").map(String.init), [0.7, 0.05],
        &generator),
      field(0...6, "sun mon tue wed thu fri sat".split(separator: " ").map(String.init), [0.6, 0.1], &generator),
    ]
    return (fields.map(\.0).joined(separator: " "), fields.map(\.1).joined(separator: " "))
  }

  /// - Parameter odds: of `*`, and of `*/n`.
  private static func field(
    _ range: ClosedRange<Int>, _ names: [String], _ odds: [Double], _ generator: inout SeededGenerator
  ) -> (String, String) {
    let dice = Double.random(in: 0..<1, using: &generator)
    if dice < odds[0] { return ("*", "*") }
    if dice < odds[0] + odds[1] {
      let step = Int.random(in: 1...min(30, range.upperBound - range.lowerBound), using: &generator)
      return ("*/\(step)", "*/\(step)")
    }
    let parts = (0..<Int.random(in: 1...3, using: &generator)).map { _ in part(range, names, &generator) }
    return (parts.map(\.0).joined(separator: ","), parts.map(\.1).joined(separator: ","))
  }

  private static func part(
    _ range: ClosedRange<Int>, _ names: [String], _ generator: inout SeededGenerator
  ) -> (String, String) {
    let first = Int.random(in: range, using: &generator)
    func written(_ value: Int) -> String {
      guard !names.isEmpty, Bool.random(using: &generator) else { return "\(value)" }
      let name = names[value - range.lowerBound]
      return Bool.random(using: &generator) ? name : name.uppercased()
    }
    guard Bool.random(using: &generator) else {
      // Sunday's other number.
      if range == 0...6, first == 0, Bool.random(using: &generator) { return ("7", "0") }
      let text = written(first)
      return (text, text.lowercased())
    }
    let last = Int.random(in: first...range.upperBound, using: &generator)
    let text = "\(written(first))-\(written(last))"
    guard last > first, Bool.random(using: &generator) else { return (text, text.lowercased()) }
    let step = Int.random(in: 1...min(5, range.upperBound - range.lowerBound), using: &generator)
    return ("\(text)/\(step)", "\(text.lowercased())/\(step)")
  }
}
