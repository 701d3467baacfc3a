import Foundation
import Model
import RunDirectory
import Store
import TestSupport
import Testing

@testable import Agent

/// Pushes that are found without `on.poll`, by comparing tips, and what becomes of deliveries that come late.
@Suite struct ComparingTipsTests {
  private let third = CommitID(String(repeating: "c3", count: 20))!

  private func comparing(_ pipelines: [Pipeline]) -> Ruleset {
    var rules = someRules(pipelines)
    rules.compareTips = 600
    return rules
  }

  @Test("a lost webhook is found without on.poll; that it comes late after all starts nothing")
  func lostWebhook() async throws {
    let fixture = try PollFixture(comparing([try somePipeline()]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass(0)
    fixture.remote.set(["refs/heads/main": someCommit])
    await fixture.pass(500)
    #expect(try await fixture.runs().isEmpty)
    await fixture.pass(100)
    #expect(try await fixture.runs().map(\.request.trigger) == [.poll])
    #expect(try await fixture.webhook().status == 200)
    await fixture.pass(600)
    #expect(try await fixture.runs().count == 1)
  }

  @Test("where deliveries told of a ref before there ever was a look, what moved since is found by the first one")
  func firstLookAfterDeliveries() async throws {
    let fixture = try PollFixture(comparing([try somePipeline()]))
    #expect(try await fixture.webhook().status == 202)
    fixture.remote.set(["refs/heads/main": third])
    await fixture.pass(0)
    #expect(try await fixture.runs().map(\.request.commit) == [someCommit, third])
    #expect(try await fixture.runs().last?.request.before == someCommit)
  }

  @Test("a branch that was made while there was no agent is found by the next one")
  func newBranchWhileAway() async throws {
    let folder = try TemporaryDirectory("poll")
    let rules = comparing([try somePipeline(branches: ["**"])])
    let first = try PollFixture(rules, folder: folder)
    first.remote.set(["refs/heads/main": someCommit])
    await first.pass(0)
    try first.agent.store.close()

    let second = try PollFixture(rules, folder: folder)
    second.remote.set(["refs/heads/main": someCommit, "refs/heads/feature": otherCommit])
    await second.pass(0)
    #expect(try await second.runs().map(\.request.ref.short) == ["feature"])
    try second.agent.store.close()
  }

  @Test("a subscription that is connected again has everything compared at once")
  func subscriptionGap() async throws {
    let fixture = try PollFixture(comparing([try somePipeline()]))
    let board = SubscriptionBoard(gaps: fixture.gaps)
    let relay = Subscription(source: "github", at: .relay(try #require(WebAddress("https://smee.io/x"))))
    board.began(relay)
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass(0)
    fixture.remote.set(["refs/heads/main": someCommit])
    board.failed(relay, "it is gone")
    await fixture.pass(20)
    #expect(try await fixture.runs().isEmpty)
    board.connected(relay)
    #expect(await !fixture.poller.isThrough)
    await fixture.pass(1)
    #expect(try await fixture.runs().count == 1)
    #expect(await fixture.poller.isThrough)
  }

  @Test("a delivery that could not be recorded is a gap, and so is the end of such a time")
  func storeGap() {
    let gaps = Gaps()
    gaps.recorded()
    #expect(gaps.count == 0)
    for _ in 1...5 { gaps.refused() }
    #expect(gaps.count == 1)
    for _ in 1...5 { gaps.recorded() }
    #expect(gaps.count == 2)
  }

  @Test("pushes that were missed and are sent again later start nothing, in whichever order they come")
  func sentAgain() async throws {
    let fourth = CommitID(String(repeating: "d4", count: 20))!
    let pushes = [("d-1", otherCommit, someCommit), ("d-2", someCommit, third), ("d-3", third, fourth)]
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
      let fixture = try PollFixture(comparing([try somePipeline()]))
      fixture.remote.set(["refs/heads/main": otherCommit])
      await fixture.pass(0)
      let missed = fixture.clock.now
      fixture.remote.set(["refs/heads/main": fourth])
      await fixture.pass(600)
      #expect(try await fixture.runs().map(\.request.commit) == [fourth])

      for push in order.map({ pushes[$0] }) {
        fixture.lateness.expect(push.0, from: "github", sent: missed)
        #expect(await fixture.agent.agent.receive(try delivery(push.0, push.1, push.2)).status == 200)
      }
      await fixture.pass(600)
      #expect(try await fixture.runs().count == 1)
      // One that was sent after the look is news.
      fixture.lateness.expect("d-4", from: "github", sent: fixture.clock.now)
      #expect(await fixture.agent.agent.receive(try delivery("d-4", fourth, someCommit)).status == 202)
    }
  }

  private func delivery(_ id: String, _ before: CommitID, _ after: CommitID) throws -> HookRequest {
    try signedPush(
      id: id,
      body: """
        {"ref":"refs/heads/main","before":"\(before)","after":"\(after)","created":false,"deleted":false,\
        "repository":{"full_name":"acme/shop","clone_url":"https://github.com/acme/shop.git"}}
        """)
  }

  @Test("deliveries that overtook each other: the newer commit is not run again where the older was superseded")
  func outOfOrder() async throws {
    let fixture = try PollFixture(comparing([try somePipeline()]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass(0)
    fixture.remote.set(["refs/heads/main": third])
    #expect(await fixture.agent.agent.receive(try delivery("d-2", someCommit, third)).status == 202)
    #expect(await fixture.agent.agent.receive(try delivery("d-1", otherCommit, someCommit)).status == 202)
    await fixture.pass(600)
    #expect(try await fixture.runs().map(\.request.commit) == [third, someCommit])
    #expect(!fixture.log.events.contains("poll_settled"))

    _ = try await fixture.agent.store.move(run: 2, to: RunOutcome(.superseded, reason: "it is older"), at: Date())
    await fixture.pass(600)
    #expect(fixture.log.events.contains("poll_settled"))
    #expect(try await fixture.runs().count == 2)
    await fixture.pass(600)
    #expect(try await fixture.deliveries().count == 2)
  }

  @Test("where the older commit was put over the newer one after all, the newer is run again rather than never")
  func outOfOrderAndRun() async throws {
    let fixture = try PollFixture(comparing([try somePipeline()]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass(0)
    fixture.remote.set(["refs/heads/main": third])
    #expect(await fixture.agent.agent.receive(try delivery("d-2", someCommit, third)).status == 202)
    #expect(await fixture.agent.agent.receive(try delivery("d-1", otherCommit, someCommit)).status == 202)
    _ = try await fixture.agent.store.move(run: 2, to: RunOutcome(.running), at: Date())
    _ = try await fixture.agent.store.move(run: 2, to: RunOutcome(.succeeded), at: Date())
    await fixture.pass(600)
    #expect(try await fixture.runs().map(\.request.commit) == [third, someCommit, third])
  }

  @Test("several pushes that were missed, and whose deliveries come later by themselves: the newest runs once")
  func lateByThemselves() async throws {
    let fourth = CommitID(String(repeating: "d4", count: 20))!
    let fixture = try PollFixture(comparing([try somePipeline()]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass(0)
    fixture.remote.set(["refs/heads/main": fourth])
    await fixture.pass(600)
    #expect(await fixture.agent.agent.receive(try delivery("d-1", otherCommit, someCommit)).status == 202)
    #expect(await fixture.agent.agent.receive(try delivery("d-2", someCommit, third)).status == 202)
    let gaps = fixture.gaps.count
    #expect(await fixture.agent.agent.receive(try delivery("d-3", third, fourth)).status == 200)
    #expect(fixture.gaps.count == gaps + 1)
    for run in 2...3 {
      _ = try await fixture.agent.store.move(run: run, to: RunOutcome(.superseded, reason: "it is older"), at: Date())
    }
    await fixture.pass(20)
    #expect(try await fixture.runs().map(\.request.commit) == [fourth, someCommit, third])
    #expect(fixture.log.events.contains("poll_settled"))
  }

  @Test("a push back to a commit that was found is taken for that find, and the look that it brings puts it right")
  func backToFound() async throws {
    let fixture = try PollFixture(comparing([try somePipeline()]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass(0)
    fixture.remote.set(["refs/heads/main": third])
    await fixture.pass(600)
    #expect(await fixture.agent.agent.receive(try delivery("d-1", third, someCommit)).status == 202)
    for run in 1...2 {
      _ = try await fixture.agent.store.move(run: run, to: RunOutcome(.running), at: Date())
      _ = try await fixture.agent.store.move(run: run, to: RunOutcome(.succeeded), at: Date())
    }
    #expect(await fixture.agent.agent.receive(try delivery("d-2", someCommit, third)).status == 200)
    await fixture.pass(10)
    #expect(try await fixture.runs().map(\.request.commit) == [third, someCommit, third])
  }
}
