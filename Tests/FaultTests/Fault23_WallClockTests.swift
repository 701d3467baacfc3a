import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite(
  "Fault 23: the wall clock is set",
  .enabled(
    if: FakeTime.library != nil && findProgram("cc") != nil,
    "libfaketime is not installed (Debian package faketime), or there is no C compiler"),
  .disabled(
    if: Sanitizer.name != nil,
    "libfaketime asks for the time before a sanitizer is ready for it, and no program comes up"))
struct Fault23_WallClockTests {
  private static let pipeline = "steps: [ 'sleep 1; echo done' ]"

  private func check(_ shown: ShownRun, _ agent: AgentUnderTest) throws {
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
    // A sleep of one second takes that and not an hour, nor less than nothing.
    let took = try #require(shown.run.took)
    #expect((0.9..<30).contains(took.value), "\(took)")
    let step = try #require(shown.steps.last?.usage?.wall)
    #expect((0.9..<30).contains(step.value), "\(step)")
    let text = try agent.pushrod("show", String(shown.run.number)).output
    #expect(text.contains("took     \(took)"), "\(text)")
    #expect(try agent.pushrod("runs").output.contains(" \(took) "))
  }

  @Test("an agent whose clock is off works as ever", arguments: ["+1h", "-1h", "+10y", "-10y"])
  func offset(offset: String) throws {
    let clock = try FakeTime(offset)
    var shop = try Shop("fault23", pipeline: Self.pipeline)
    let agent = shop.agent
    try clock.start(agent)
    try check(try agent.finished(try shop.push()), agent)
    let second = try shop.pushNext("two")
    try check(try agent.finished(second), agent)
    // As the agent's clock has it, not as the machine's. Nobody else opens the store while it runs.
    agent.kill9()
    let year = try runChecked(["sqlite3", agent.area.file("data/pushrod.db"), Self.yearOfTheLast])
    #expect(Int(year) == FakeTime.year(offset))
  }

  private static let yearOfTheLast =
    "SELECT strftime('%Y', queued_at / 1000, 'unixepoch') FROM runs ORDER BY number DESC LIMIT 1"

  @Test("set in mid-run, it changes neither durations nor time-outs nor order", arguments: ["-1h", "-10y", "+10y"])
  func setInMidRun(offset: String) throws {
    let clock = try FakeTime("+0")
    var shop = try Shop(
      "fault23",
      pipeline: """
        steps:
          - name: short
            run: sleep 1; echo done
          - name: long
            run: if [ "$(cat index.html)" = slow ]; then sleep 1000; fi
            timeout: 3s
        """)
    let agent = shop.agent
    try clock.start(agent)
    let first = try shop.pushNext("one")
    try agent.wait(for: .step, of: first)
    try clock.set(offset)
    let one = try agent.finished(first)
    #expect(one.run.state == .succeeded)
    #expect((0.9..<30).contains(try #require(one.run.took).value))
    #expect(one.steps.allSatisfy { ($0.usage?.wall.value ?? -1) >= 0 })

    try clock.set("+0")
    let second = try shop.pushNext("slow")
    try agent.wait(for: .step, of: second)
    let running = try agent.pushrod("show", String(second)).output
    try clock.set(offset)
    let later = try agent.pushrod("show", String(second)).output
    for text in [running, later] { #expect(text.contains(/so far +[0-9.]+ m?s,/), "\(text)") }
    let two = try agent.finished(second)
    #expect(two.run.state == .timedOut)
    #expect(two.run.reason == "step \"long\" timed out after 3 s")
    #expect((3.9..<60).contains(try #require(two.run.took).value))

    // The order is that of the pushes, and every id and number is there once.
    let third = try shop.pushNext("three")
    _ = try agent.finished(third)
    let numbers = try agent.pushrod("runs").output.split(separator: "\n").dropFirst()
      .compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
    #expect(numbers == [third, second, first])
    let deliveries = try agent.pushrod("inbox", "ls").output.split(separator: "\n").dropFirst()
      .compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
    #expect(deliveries == [3, 2, 1])
    agent.kill9()
    let ids = try runChecked(["sqlite3", agent.area.file("data/pushrod.db"), "SELECT id FROM deliveries"])
      .split(separator: "\n")
    #expect(ids.count == 3 && Set(ids).count == 3)
  }
}
