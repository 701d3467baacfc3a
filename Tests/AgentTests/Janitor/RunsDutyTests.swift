import Foundation
import Model
import RunDirectory
import Store
import TestSupport
import Testing

@testable import Agent

@Suite("Retention of runs") struct RunsDutyTests {
  private let fixture: AgentUnderTest
  private let holds = RunHolds()
  private var area: RunArea { fixture.area }

  init() throws {
    var rules = someRules([try somePipeline()])
    rules.runs = RunRetention(runs: 1)
    fixture = try AgentUnderTest(rules)
  }

  private var duty: RunsDuty {
    RunsDuty(store: fixture.store, area: area, rules: fixture.rules, holds: holds, logger: .silent)
  }

  /// A run that has ended, with a directory.
  @discardableResult
  private func ended(_ state: RunState = .succeeded, delivery: Int? = nil) async throws -> Int {
    var request = someRequest(try somePipeline())
    request.delivery = delivery
    let run = try await fixture.store.enqueue(request, at: Date())
    _ = try await fixture.store.move(run: run.number, to: RunOutcome(.running), at: Date())
    _ = try await fixture.store.move(run: run.number, to: RunOutcome(state), at: Date())
    try fixture.folder.write("data/runs/\(run.number)/01-build.log", "line\n")
    try fixture.folder.write("data/runs/\(run.number)/sub/more", "more\n")
    return run.number
  }

  private func numbers() async throws -> [Int] { try await fixture.store.runs(RunFilter()).map(\.number) }
  private func directories() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: area.runs).sorted()
  }

  @Test("old runs go with row and directory; the rest is left as it is")
  func removes() async throws {
    for _ in 1...4 { try await ended() }
    try await duty.perform()
    #expect(try await numbers() == [4])
    #expect(try directories() == ["4"])
    #expect(try fixture.folder.read("data/runs/4/01-build.log") == "line\n")
  }

  @Test("a run that somebody reads stays until they are done, and one that goes cannot be opened")
  func held() async throws {
    for _ in 1...3 { try await ended() }
    var hold = holds.hold(1)
    try await duty.perform()
    #expect(try await numbers() == [3, 1])
    #expect(try directories() == ["1", "3"])
    #expect(holds.leave(2))
    #expect(holds.hold(2) == nil)
    holds.left([2])
    #expect(holds.hold(2) != nil)

    hold = nil
    _ = hold
    try await duty.perform()
    #expect(try await numbers() == [3])
  }

  @Test("a directory that a crash left without its row is found and removed; one that the store does not know stays")
  func withoutRow() async throws {
    for _ in 1...3 { try await ended() }
    // The row went, and then the agent died.
    #expect(try await fixture.store.removeRuns([1, 2]) == [1, 2])
    try fixture.folder.write("data/runs/77/spec.json", "{}")
    try await duty.perform()
    #expect(try directories() == ["3", "77"])
  }

  @Test("what was set aside when the agent died goes the next time")
  func setAside() async throws {
    for _ in 1...2 { try await ended() }
    #expect(try await fixture.store.removeRuns([1]) == [1])
    #expect(try area.setAside(run: 1) == ".removing-1")
    #expect(try directories() == [".removing-1", "2"])
    try await duty.perform()
    #expect(try directories() == ["2"])
  }

  @Test("a row whose directory is gone stays in the list, and goes in its turn")
  func withoutDirectory() async throws {
    for _ in 1...2 { try await ended() }
    try FileManager.default.removeItem(atPath: area.directory(ofRun: 2).path)
    try await duty.perform()
    #expect(try await numbers() == [2])
    try await ended()
    try await duty.perform()
    #expect(try await numbers() == [3])
  }

  @Test("where the folder of the runs is not there, or is a link, no row is removed, and nothing behind the link")
  func notMounted() async throws {
    for _ in 1...3 { try await ended() }
    let elsewhere = fixture.folder.file("elsewhere")
    try FileManager.default.moveItem(atPath: area.runs, toPath: elsewhere)
    await #expect(throws: (any Error).self) { try await duty.perform() }
    try FileManager.default.createSymbolicLink(atPath: area.runs, withDestinationPath: elsewhere)
    await #expect(throws: (any Error).self) { try await duty.perform() }
    #expect(try await numbers() == [3, 2, 1])
    #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere).count == 3)
  }

  @Test("the run that `latest` leads to stays, also where later ones never began")
  func latest() async throws {
    try await ended(.failed)
    try await ended(.failed)
    try area.linkLatest(pipeline: "shop", run: 2)
    for _ in 1...2 {
      let run = try await fixture.store.enqueue(someRequest(try somePipeline()), at: Date())
      _ = try await fixture.store.move(run: run.number, to: RunOutcome(.cancelled), at: Date())
    }
    try await duty.perform()
    #expect(try await numbers() == [4, 2])
    #expect(try fixture.folder.read("data/logs/shop/latest/01-build.log") == "line\n")
  }

  @Test("the delivery that started a removed run keeps its verdict")
  func verdict() async throws {
    _ = await fixture.agent.receive(try signedPush(id: "d-1"))
    _ = try await fixture.store.move(run: 1, to: RunOutcome(.cancelled), at: Date())
    try await ended()
    try await duty.perform()
    #expect(try await numbers() == [2])
    #expect(try await fixture.store.delivery(number: 1)?.verdict == .started(runs: [1]))
  }

  @Test("a pipeline's own `keep` counts for its runs, and the size of the configuration for all together")
  func keeps() throws {
    var pipeline = try somePipeline("docs")
    pipeline.keep = RunKeep(runs: 7, size: 100)
    var rules = someRules([pipeline])
    rules.runs = RunRetention(runs: 5, days: 3, size: 1000)
    #expect(rules.runRetention(of: "docs") == RunRetention(runs: 7, days: 3, size: 100))
    #expect(rules.runRetention(of: "shop") == RunRetention(runs: 5, days: 3, size: .max))
  }

  @Test("the janitor does not wait for its minute when it is called", .timeLimit(.minutes(1)))
  func called() async throws {
    let janitor = Janitor([duty], interval: .seconds(3600), logger: .silent)
    let serving = Task { try await janitor.run() }
    defer { serving.cancel() }
    try await Task.sleep(for: .milliseconds(50))
    for _ in 1...2 { try await ended() }
    janitor.call()
    while try await numbers() != [2] { try await Task.sleep(for: .milliseconds(5)) }
  }
}
