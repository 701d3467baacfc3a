import Foundation
import Model
import Store
import Synchronization
import TestSupport
import Testing

@testable import Agent

@Suite("Room on disks") struct DiskTests {
  private let marks = DiskMarks(warn: DiskMark(bytes: 200 << 20), stop: DiskMark(bytes: 100 << 20))

  @Test("between the marks it is told, below the lower one runs wait, and the sentence says for what")
  func levels() {
    func room(_ free: Int) -> DiskRoom { DiskRoom("runs", at: "/srv/runs", free: free << 20, size: 10 << 30, marks) }
    #expect([201, 200, 199, 100, 99].map { room($0).level } == [.enough, .enough, .low, .low, .short])
    #expect(room(100).shortage == nil)
    #expect(room(99).shortage == "the disk of /srv/runs has 99 MB free; runs start again above 100 MB")
  }

  @Test("a folder that is not there yet is looked at in the one above it")
  func missing() throws {
    let folder = try TemporaryDirectory("disk")
    let here = try #require(DiskRoom("store", at: folder.path, marks))
    let there = try #require(DiskRoom("store", at: folder.file("not/there/yet"), marks))
    #expect(here.size == there.size && here.size > 0 && here.free > 0)
  }

  /// An agent for whose disks the whole disk is too little.
  private func full() throws -> (fixture: AgentUnderTest, disks: DiskWatch, rules: RulesInForce) {
    var rules = someRules([try somePipeline()])
    rules.disk = DiskMarks(warn: DiskMark(percent: 99.99), stop: DiskMark(percent: 99.99))
    let fixture = try AgentUnderTest(rules)
    let disks = DiskWatch(
      store: fixture.folder.path, runs: fixture.folder.path, rules: fixture.rules, logger: .silent)
    return (fixture, disks, fixture.rules)
  }

  @Test("a change is told once, to those who can do something about it")
  func changes() async throws {
    let (_, disks, _) = try full()
    let calls = Mutex<[String]>([])
    disks.onChange(short: { calls.withLock { $0.append("short") } }, enough: { calls.withLock { $0.append("enough") } })
    #expect(disks.shortage == nil)
    #expect(await disks.look()?.contains("runs start again above") == true)
    #expect(disks.shortage != nil)
    _ = await disks.look()
    #expect(calls.withLock { $0 } == ["short"])
  }

  @Test("with a full disk a queued run waits and says so, and a delivery is taken all the same")
  func waiting() async throws {
    let (fixture, disks, rules) = try full()
    let dispatcher = Dispatcher(
      store: fixture.store, rules: rules, area: fixture.area, launcher: fixture.launcher,
      order: StandInOrder.unknown, disks: disks, logger: .silent)
    let agent = LocalAgent(
      store: fixture.store, rules: rules, dispatcher: dispatcher, area: fixture.area,
      probe: RunnerProbe(executable: "/nonexistent", environment: [:]),
      verification: StandInVerification(.unavailable(reason: "-")),
      condition: AgentCondition(disks: disks), disks: disks, pid: 1, logger: .silent)
    let serving = Task { try await dispatcher.run() }
    defer { serving.cancel() }
    #expect(await agent.receive(try signedPush()).status == 202)
    while disks.shortage == nil { try await Task.sleep(for: .milliseconds(5)) }
    let run = try await agent.run(number: 1)
    #expect(run.state == .queued)
    #expect(run.reason?.hasPrefix("waits: the disk of \(fixture.folder.path) has ") == true, "\(run.reason ?? "-")")
    #expect(try await agent.runs(RunFilter()).first?.reason == run.reason)
    #expect(try await fixture.store.run(number: 1)?.reason == nil)
    #expect(!agent.readiness.isReady)
    #expect(agent.readiness.reasons.first?.contains("less than") == true)
    #expect(agent.readiness.retryAfter == 60)
  }

  private struct Trouble: StoreCondition {
    let trouble: StoreTrouble?
  }

  @Test("ready is an agent with a store, all its listeners, and no wish to leave")
  func readiness() {
    let condition = AgentCondition(listeners: 2, store: Trouble(trouble: nil))
    #expect(condition.readiness.reasons == ["not all listeners are up yet."])
    #expect(!condition.listenerIsUp())
    #expect(condition.listenerIsUp())
    #expect(condition.readiness.isReady)
    condition.leave("the agent is stopping.")
    #expect(condition.readiness.reasons == ["the agent is stopping."])
    condition.stay()
    #expect(condition.readiness.isReady)
    let broken = AgentCondition(store: Trouble(trouble: StoreTrouble(reason: "The disk is full.", since: Date())))
    #expect(broken.readiness.reasons == ["The disk is full."])
    #expect(broken.readiness.retryAfter == 30)
  }
}
