import Agent
import Foundation
import Logging
import Model
import RunDirectory
import Store
import TestSupport
import Testing

@Suite struct MirrorDutyTests {
  /// A runner that keeps what it is asked, and answers on its standard input as a real one does.
  private func duty(_ fixture: AgentUnderTest, answer: String) throws -> MirrorDuty {
    let script = try fixture.folder.script(
      "keeper", "cat > \(fixture.folder.path)/asked.$$\nprintf '%s' '\(answer)' >&0")
    return MirrorDuty(
      store: fixture.store, rules: fixture.rules, area: fixture.area,
      runners: .spawn(executable: script, environment: ProcessInfo.processInfo.environment), logger: .silent)
  }

  private func asked(_ fixture: AgentUnderTest) throws -> [UpkeepRequest] {
    try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path).filter { $0.hasPrefix("asked.") }.map {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture.folder.file($0)))
      return try #require(try JSON.decoder().decode(Handover.self, from: bytes).upkeep)
    }
  }

  private static let nothing = #"{"repacked":[],"removed":[],"failures":[]}"#

  @Test("a runner is asked once in a while, is told what is configured, and which mirrors runs are using")
  func asks() async throws {
    let pipeline = try somePipeline()
    let fixture = try AgentUnderTest(someRules([pipeline]))
    let duty = try duty(fixture, answer: Self.nothing)
    try await duty.perform()
    try await duty.perform()
    let quiet = try #require(try asked(fixture).first)
    #expect(try asked(fixture).count == 1)
    #expect(quiet.area == fixture.area.root)
    #expect(quiet.mirrors == [fixture.area.mirror(of: pipeline.repository)])
    #expect(quiet.workspaces == [fixture.area.workspace(of: pipeline.name)])
    #expect(quiet.busy == [])
    #expect(quiet.isQuiet)
    #expect(quiet.packs == 20)
    #expect(quiet.unused == 2_592_000)

    let run = try await fixture.store.enqueue(someRequest(pipeline), at: Date())
    _ = try await fixture.store.move(run: run.number, to: RunOutcome(.running), at: Date())
    try FileManager.default.removeItem(atPath: try #require(names(fixture).first))
    try await self.duty(fixture, answer: Self.nothing).perform()
    let busy = try #require(try asked(fixture).first)
    #expect(busy.busy == [fixture.area.mirror(of: pipeline.repository)])
    #expect(!busy.isQuiet)
  }

  private func names(_ fixture: AgentUnderTest) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path).filter { $0.hasPrefix("asked.") }
      .map(fixture.folder.file)
  }

  @Test("an answer that is none is a failure of this turn")
  func nonsense() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    await #expect(throws: RunnerProbe.Failure.self) { try await duty(fixture, answer: "no").perform() }
  }
}
