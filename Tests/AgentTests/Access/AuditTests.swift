import Agent
import Foundation
import Model
import Store
import TestSupport
import Testing

@Suite("What people do is recorded")
struct AuditTests {
  private func acts(_ fixture: AgentUnderTest) async throws -> [String] {
    try await fixture.store.audit(before: nil, limit: 100).reversed().map { entry in
      let act = entry.act
      return "\(act.person) \(act.kind.rawValue) \(act.object) \(act.outcome.rawValue) \(act.detail ?? "-")"
    }
  }

  @Test("cancelling what waits and running it again is one line each")
  func queued() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    try await fixture.queue(try somePipeline())
    _ = try await fixture.agent.cancel(run: 1, by: .ada)
    _ = try await fixture.agent.rerun(run: 1, by: Person(name: "ci", via: .token, address: "192.0.2.7"))

    #expect(
      try await acts(fixture) == ["ada cancel run 1 done it had not begun", "token ci rerun run 1 done run 2"])
    #expect(try await fixture.store.run(number: 2)?.request.pusher == "token ci")
  }

  @Test("what was refused leaves nothing: nothing was done")
  func refused() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    _ = try? await fixture.agent.cancel(run: 9, by: .ada)
    _ = try? await fixture.agent.rerun(run: 9, by: .ada)
    _ = try? await fixture.agent.start(pipeline: "none", ref: nil, by: .ada)
    #expect(try await acts(fixture).isEmpty)
  }

  @Test("a runner that cannot be told is a line before and a line after")
  func runnerGone() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    try await fixture.queue(try somePipeline())
    _ = try await fixture.store.move(run: 1, to: RunOutcome(.running), at: Date())
    await #expect(throws: ControlError.self) { try await fixture.agent.cancel(run: 1, by: .ada) }

    let found = try await acts(fixture)
    #expect(found.first == "ada cancel run 1 begun -")
    #expect(found.last?.hasPrefix("ada cancel run 1 failed the runner of run 1 does not answer") == true)
    #expect(found.count == 2)
  }

  @Test("a reload says before that it begins and after how it ended")
  func reload() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    _ = try await fixture.agent.reload(by: Person(name: "SIGHUP", via: .signal))
    let found = try await acts(fixture)
    #expect(found.first == "SIGHUP reload configuration begun -")
    #expect(found.last?.hasPrefix("SIGHUP reload configuration done pipelines: 1, ") == true)
    #expect(found.count == 2)
  }

  @Test("what cannot be recorded is not done")
  func storeGone() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    try fixture.store.close()
    await #expect(throws: StoreFailure.self) { try await fixture.agent.reload(by: .ada) }
  }
}
