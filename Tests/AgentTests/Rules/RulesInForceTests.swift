import Agent
import Foundation
import Model
import Synchronization
import Testing

@Suite struct RulesInForceTests {
  /// Files that a test can change and break.
  private final class Files: Sendable {
    struct Content {
      var pipelines: [Pipeline]
      var mistake: String?
      /// In the configuration alone.
      var otherMistake: String?
      var fingerprint = 0
      var reads = 0
    }

    struct Mistake: Error, CustomStringConvertible { let description: String }

    let content: Mutex<Content>

    init(_ pipelines: [Pipeline]) { content = Mutex(Content(pipelines: pipelines)) }

    func change(_ pipelines: [Pipeline]? = nil, mistake: String? = nil, otherMistake: String? = nil) {
      content.withLock { content in
        content.otherMistake = otherMistake
        content.pipelines = pipelines ?? content.pipelines
        content.mistake = mistake
        content.fingerprint += 1
      }
    }

    var origin: RulesOrigin {
      RulesOrigin(
        load: {
          if let mistake = self.content.withLock({ $0.otherMistake }) { throw Mistake(description: mistake) }
          return .init(rules: someRules(try self.read(), parallel: 7), needsRestart: ["listen"])
        },
        loadPipelines: { _ in try self.read() }, fingerprint: { self.content.withLock { $0.fingerprint } })
    }

    private func read() throws -> [Pipeline] {
      try content.withLock { content in
        content.reads += 1
        if let mistake = content.mistake { throw Mistake(description: mistake) }
        return content.pipelines
      }
    }
  }

  @Test("a reload takes the new rules and says what only a restart can change")
  func reload() async throws {
    let files = Files([try somePipeline("old")])
    let rules = RulesInForce(someRules([try somePipeline("old")]), origin: files.origin, logger: .silent)
    files.change([try somePipeline("new"), try somePipeline("newer")])

    let report = try await rules.reload()

    #expect(
      report == ReloadReport(pipelines: ["new", "newer"], sources: ["bare", "github"], needsRestart: ["listen"]))
    #expect(rules.current.pipelines.map(\.name) == ["new", "newer"])
  }

  @Test("a broken reload keeps the old rules, says so until it is repaired, and then takes the new ones")
  func broken() async throws {
    let files = Files([try somePipeline("old")])
    let rules = RulesInForce(someRules([try somePipeline("old")]), origin: files.origin, logger: .silent)
    files.change([try somePipeline("new")], mistake: "shop.yml:3:1: unknown key `setps`")

    await #expect(throws: ControlError.invalid("shop.yml:3:1: unknown key `setps`")) { try await rules.reload() }
    #expect(rules.current.pipelines.map(\.name) == ["old"])
    #expect(rules.reloadError == "shop.yml:3:1: unknown key `setps`")

    files.change()
    await rules.reloadChangedPipelines()
    #expect(rules.current.pipelines.map(\.name) == ["new"])
    #expect(rules.reloadError == nil)
  }

  @Test("good pipelines do not hide that the configuration is broken, and bring it into force once it is repaired")
  func brokenConfiguration() async throws {
    let files = Files([try somePipeline("old")])
    let rules = RulesInForce(someRules([try somePipeline("old")]), origin: files.origin, logger: .silent)
    files.change(otherMistake: "pushrod.yml:2:1: unknown key `lisen`")
    await #expect(throws: (any Error).self) { try await rules.reload() }

    files.change([try somePipeline("new")], otherMistake: "pushrod.yml:2:1: unknown key `lisen`")
    await rules.reloadChangedPipelines()
    #expect(rules.current.pipelines.map(\.name) == ["new"])
    #expect(rules.current.parallelRuns != 7)
    #expect(rules.reloadError == "pushrod.yml:2:1: unknown key `lisen`")

    files.change([try somePipeline("newer")])
    await rules.reloadChangedPipelines()
    #expect(rules.current.pipelines.map(\.name) == ["newer"])
    #expect(rules.current.parallelRuns == 7)
    #expect(rules.reloadError == nil)
  }

  @Test("pipelines are read again when a file changed, once, also when they are broken")
  func watching() async throws {
    let files = Files([try somePipeline("old")])
    let rules = RulesInForce(someRules([try somePipeline("old")]), origin: files.origin, logger: .silent)

    await rules.reloadChangedPipelines()
    #expect(files.content.withLock { $0.reads } == 0)
    files.change(mistake: "broken")
    for _ in 1...3 { await rules.reloadChangedPipelines() }
    #expect(files.content.withLock { $0.reads } == 1)
    #expect(rules.reloadError == "broken")
    files.change([try somePipeline("new")])
    for _ in 1...3 { await rules.reloadChangedPipelines() }
    #expect(files.content.withLock { $0.reads } == 2)
    #expect(rules.current.pipelines.map(\.name) == ["new"])
  }

  @Test("a delivery after the reload is matched by the new pipelines, and a queued run keeps its old one")
  func effect() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline(branches: ["main"])]))
    #expect(await fixture.agent.receive(try signedPush(id: "d-1")).status == 202)
    let files = Files([try somePipeline(branches: ["release"])])
    let rules = RulesInForce(fixture.rules.current, origin: files.origin, logger: .silent)
    _ = try await rules.reload()
    let reloaded = LocalAgent(
      store: fixture.store, rules: rules, dispatcher: fixture.dispatcher, area: fixture.area,
      probe: RunnerProbe(executable: "/x", environment: [:]), verification: StandInVerification(.genuine), pid: 1,
      logger: .silent)

    #expect(await reloaded.receive(try signedPush(id: "d-2")).status == 200)
    #expect(try await reloaded.run(number: 1).request.pipeline.triggers.push?.branches == ["main"])
  }
}
