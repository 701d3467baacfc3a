import Model
import Testing

@testable import Pipelines

@Suite struct ScheduleReadingTests {
  @Test("a schedule is read alone or in a list, with the pipeline's time zone")
  func reading() throws {
    #expect(
      try minimal(on: "{schedule: \"15 3 * * 1-5\"}").triggers == Triggers(schedules: [Schedule(cron: "15 3 * * 1-5")]))
    let two = try minimal("timezone: Europe/Berlin", on: "{schedule: ['@daily', 0 12 * * sun]}").triggers
    #expect(
      two.schedules == [
        Schedule(cron: "@daily", timezone: "Europe/Berlin"), Schedule(cron: "0 12 * * sun", timezone: "Europe/Berlin"),
      ])
  }

  @Test("a mistake is told at its place within the schedule")
  func places() {
    #expect(
      mistakes(on: "{schedule: \"15 25 * * 1-5\"}") == ["2:20 the hour is 0 to 23, not `25`"])
    #expect(mistakes(on: "{schedule: 15 25 * * 1}") == ["2:19 the hour is 0 to 23, not `25`"])
    #expect(mistakes(on: "{schedule: [@daily, '0 0 30 2 *']}")[0].hasPrefix("2:") == true)
    #expect(
      mistakes(on: "{schedule: ['@daily', '0 0 30 2 *']}")
        == ["2:32 this time never comes: there is no such day in that month"])
    // Written in another way than it reads: at its beginning.
    #expect(mistakes(on: "{schedule: \"15\\x2025 * * 1\"}") == ["2:16 the hour is 0 to 23, not `25`"])
  }

  @Test("what makes no sense together is refused")
  func together() {
    #expect(
      mistakes(on: "{schedule: ['0 0 * * *', '@daily']}") == ["2:30 this time is there twice | remove one of them"])
    #expect(mistakes(on: "{schedule: []}")[0].contains("is an empty list, so no time would come"))
    #expect(mistakes(on: "schedule")[0].contains("trigger `schedule` needs times"))
    #expect(
      mistakes("timezone: UTC")
        == ["4:1 `timezone` is for `on.schedule`, which this pipeline does not have | remove it"])
    #expect(
      mistakes(on: "{schedule: '@daily', manual: {inputs: {A: {required: true}}}}")[0].contains(
        "nobody is there to give it when its schedule starts the pipeline"))
  }

  @Test("a time zone is one that the machine has, where that can be looked up")
  func zones() throws {
    let zones = Zones { name in
      name == "Europe/Berlin"
        ? .success(.utc) : .failure(ZoneFailure("does not exist", suggestion: "did you mean `Europe/Berlin`?"))
    }
    func parse(_ zone: String) throws -> Pipeline {
      let text = "repo: git@example.org:a/b.git\non: {schedule: '@daily'}\nsteps: [make]\ntimezone: \(zone)\n"
      return try PipelineFile.parse(Array(text.utf8), file: "shop.yml", zones: zones)
    }
    #expect(try parse("Europe/Berlin").triggers.schedules?.first?.timezone == "Europe/Berlin")
    let failure = #expect(throws: Diagnostics.self) { try parse("Berlin") }
    #expect(
      failure?.all.first?.oneLine
        == "shop.yml:4:11: time zone `Berlin` does not exist; did you mean `Europe/Berlin`?")
    let path = #expect(throws: Diagnostics.self) { try parse("../../etc/passwd") }
    #expect(path?.all.first?.message.contains("cannot be the name of a time zone") == true)
  }
}
