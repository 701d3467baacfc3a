import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// A pipeline that starts by itself, with the real executables and a wall clock that the test sets.
@Suite(
  "A schedule",
  .enabled(
    if: FakeTime.library != nil && findProgram("cc") != nil,
    "libfaketime is not installed (Debian package faketime), or there is no C compiler"),
  .disabled(
    if: Sanitizer.name != nil,
    "libfaketime asks for the time before a sanitizer is ready for it, and no program comes up"))
struct ScheduleTests {
  private struct Schedules: Decodable {
    struct Entry: Decodable {
      var pipeline: String
      var next: Date?
      var lastRun: Int?
    }
    var schedules: [Entry]
  }

  private func next(_ agent: AgentUnderTest) throws -> Schedules.Entry? {
    let result = try agent.pushrod("schedule", "ls", "--json")
    guard result.status == 0 else { throw CommandFailure(result.errorOutput) }
    return try JSON.decoder().decode(Schedules.self, from: Data(result.stdout)).schedules.first
  }

  private struct Runs: Decodable { var runs: [Run] }

  private func runs(_ agent: AgentUnderTest) throws -> [Run] {
    let result = try agent.pushrod("runs", "--json")
    guard result.status == 0 else { throw CommandFailure(result.errorOutput) }
    return try JSON.decoder().decode(Runs.self, from: Data(result.stdout)).runs
  }

  @Test("comes when its time has come, and what was missed while the agent was killed comes once, at the newest commit")
  func missed() throws {
    let repository = try GitRepository()
    try repository.commit("a.txt", "one")
    // Twelve hours from now, so that no time comes by itself while this runs.
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.hour, .minute], from: Date().addingTimeInterval(12 * 3600))
    let cron = "\(try #require(parts.minute)) \(try #require(parts.hour)) * * *"
    let agent = try AgentUnderTest(
      pipelines: [
        "backup.yml": """
        repo: \(repository.url)
        on: {schedule: "\(cron)"}
        steps:
          - name: when
            run: echo "$PUSHROD_SCHEDULED_FOR"; cat a.txt
        """
      ])
    let clock = try FakeTime("+0")
    try clock.start(agent)
    try waitUntil("the schedule is known") { try next(agent) != nil }
    let first = try #require(try next(agent)?.next)
    #expect(try runs(agent).isEmpty)
    #expect(try agent.pushrod("schedule", "ls").output.contains("backup    \(cron)"))

    agent.kill9()
    try repository.commit("a.txt", "two")
    // Of the three times that were missed, the last.
    try clock.set("+3d")
    try clock.start(agent)
    try waitUntil("what was missed is run") { try !runs(agent).isEmpty }
    let shown = try agent.finished(1)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
    let due = first.addingTimeInterval(2 * 86_400)
    #expect(shown.run.request.trigger == .schedule && shown.run.request.scheduledFor == due)
    #expect(try agent.stepLog(1, "01-") == "\(JSON.text(of: due).prefix(19))Z\ntwo")
    #expect(try agent.pushrod("show", "1").output.contains("by its schedule, for "))
    #expect(try agent.pushrod("runs").output.contains("its schedule"))

    // Once, also for the next agent.
    agent.kill9()
    try clock.start(agent)
    try waitUntil("the schedule is known") { try next(agent)?.lastRun == 1 }
    #expect(try next(agent)?.next == first.addingTimeInterval(3 * 86_400))
    #expect(try runs(agent).count == 1)

    // The clock goes on, under a running agent.
    try clock.set("+4d")
    try waitUntil("the next time has come", within: 60) { try runs(agent).count == 2 }
    #expect(try agent.finished(2).run.request.scheduledFor == first.addingTimeInterval(3 * 86_400))
  }
}
