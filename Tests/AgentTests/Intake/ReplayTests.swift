@testable import Agent
import Foundation
import Model
import Store
import TestSupport
import Testing
import Webhooks

/// Deliveries that go through again because a person wants it.
@Suite struct ReplayTests {
  private func failure(_ fixture: AgentUnderTest, _ number: Int) async -> ControlError? {
    await #expect(throws: ControlError.self) { _ = try await fixture.agent.replay(delivery: number, by: .ada) }
  }

  @Test("a replay is a new delivery with the same id, headers and body, and starts runs of the same commit")
  func replay() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    _ = await fixture.agent.receive(try signedPush(id: "d-1"))

    let again = try await fixture.agent.replay(delivery: 1, by: .ada)

    let original = try await fixture.agent.delivery(number: 1)
    #expect(again.number == 2)
    #expect(again.way == .replay)
    #expect(again.replayOf == 1)
    #expect(original.replays == [2])
    #expect((again.id, again.source, again.address) == (original.id, original.source, original.address))
    #expect(again.body == original.body)
    #expect(again.headers == original.headers)
    #expect(again.verdict == .started(runs: [2]))
    let run = try await fixture.agent.run(number: 2)
    #expect(run.request.commit == someCommit)
    #expect(run.request.delivery == 2)
    #expect(run.state == .queued)
    let act = try #require(try await fixture.store.audit(before: nil, limit: 10).first?.act)
    #expect((act.kind, act.object, act.detail) == (.replay, "delivery 1", "delivery 2"))
    #expect(act.person == .ada)
  }

  @Test("today's pipelines decide: what nothing wanted then may start now, and the other way round")
  func todaysPipelines() async throws {
    let folder = try TemporaryDirectory("agent")
    let then = try AgentUnderTest(someRules([try somePipeline(branches: ["dev"])]), folder: folder)
    _ = await then.agent.receive(try signedPush(id: "d-1"))
    _ = await then.agent.receive(try signedPush(id: "d-2", branch: "dev"))
    try await then.stop()
    let now = try AgentUnderTest(someRules([try somePipeline(branches: ["main"])]), folder: folder)

    let wanted = try await now.agent.replay(delivery: 1, by: .ada)
    let unwanted = try await now.agent.replay(delivery: 2, by: .ada)

    #expect(wanted.verdict == .started(runs: [2]))
    #expect(unwanted.verdict == .ignored(reason: #"branch "dev" not in [main]"#))
    #expect(unwanted.decisions.map(\.starts) == [false])
  }

  @Test("a signature that holds no more, because the secret was changed, does not matter")
  func secretChanged() async throws {
    let folder = try TemporaryDirectory("agent")
    let then = try AgentUnderTest(someRules([try somePipeline()]), folder: folder)
    _ = await then.agent.receive(try signedPush())
    try await then.stop()
    var rules = someRules([try somePipeline()])
    rules.sources["github"]?.secrets = [Secret("quite another one")]
    let now = try AgentUnderTest(rules, folder: folder)

    #expect(try await now.agent.replay(delivery: 1, by: .ada).verdict == .started(runs: [2]))
  }

  @Test("a replay can be replayed, and counts as one of that replay")
  func replayOfReplay() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    _ = await fixture.agent.receive(try signedPush())
    _ = try await fixture.agent.replay(delivery: 1, by: .ada)

    let third = try await fixture.agent.replay(delivery: 2, by: .ada)

    #expect(third.replayOf == 2)
    #expect(try await fixture.agent.delivery(number: 2).replays == [3])
  }

  @Test("a rejected delivery cannot be replayed: nobody proved it, and its body is not there")
  func rejected() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    _ = await fixture.agent.receive(try signedPush(secret: "a guess"))
    _ = try await fixture.agent.deliveries(DeliveryFilter())

    let error = await failure(fixture, 1)

    #expect(error?.description.contains("delivery 1 was rejected") == true)
    #expect(error?.description.contains("have the sender send it again") == true)
    #expect(try await fixture.agent.runs(RunFilter()).isEmpty)
    #expect(try await fixture.agent.deliveries(DeliveryFilter()).count == 1)
  }

  @Test("a delivery that is no longer there, or never was, is not found, with what the inbox keeps")
  func pruned() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))

    let error = await failure(fixture, 7)

    #expect(
      error
        == .notFound("there is no delivery 7 in the inbox, which keeps the newest 10000, for 90 days."))
  }

  @Test("a source that is gone, or another sender's now, is said by name")
  func sourceGone() async throws {
    let folder = try TemporaryDirectory("agent")
    let then = try AgentUnderTest(someRules([try somePipeline()]), folder: folder)
    _ = await then.agent.receive(try signedPush())
    try await then.stop()
    var rules = someRules([try somePipeline()])
    rules.sources["github"] = nil
    let without = try AgentUnderTest(rules, folder: folder)
    let gone = await failure(without, 1)
    try await without.stop()
    rules.sources["github"] = Source(name: "github", sender: try #require(Senders.named("gitlab")), secrets: [])
    let other = await failure(try AgentUnderTest(rules, folder: folder), 1)

    #expect(gone?.description.contains("the source `github`, which is no longer in the configuration") == true)
    #expect(other?.description.contains("another sender's") == true, "\(other?.description ?? "")")
  }
}
