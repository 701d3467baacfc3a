import Foundation
import Logging
import Model
import RunDirectory
import Store
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// Polling with the real store and the real intake; only the remote and the clock are the test's.
@Suite struct PollerTests {
  private struct Fixture {
    let agent: AgentUnderTest
    let remote = RemoteStandIn()
    let clock = ManualClock()
    let log = LogLines()
    let poller: Poller
    let gaps = Gaps()
    let lateness = Lateness()

    init(_ rules: Ruleset, folder: TemporaryDirectory? = nil) throws {
      agent = try AgentUnderTest(rules, folder: folder, gaps: gaps, lateness: lateness)
      poller = Poller(
        store: agent.store, rules: agent.rules, ask: remote.ask,
        runsWereQueued: { [dispatcher = agent.dispatcher] in
          dispatcher.wake()
        }, gaps: gaps, lateness: lateness, timing: clock.timing(), logger: log.logger)
    }

    /// Lets time pass, and the poller do what is due then.
    func pass(_ seconds: Double = 60) async {
      clock.advance(seconds)
      await poller.turn()
      await poller.settle()
    }

    func runs() async throws -> [Run] { try await agent.store.runs(RunFilter()).reversed() }

    func deliveries() async throws -> [Delivery] {
      try await agent.store.deliveries(DeliveryFilter(limit: 100)).reversed()
    }

    /// GitHub tells of a push from `otherCommit` to `someCommit`.
    func webhook(id: String = UUID().uuidString, branch: String = "main") async throws -> HookAnswer {
      await agent.agent.receive(try signedPush(id: id, branch: branch))
    }
  }

  private let third = CommitID(String(repeating: "c3", count: 20))!

  private func polling(_ name: String = "shop", every seconds: Double = 60, branches: [String] = ["main"]) throws
    -> Pipeline
  {
    var pipeline = try somePipeline(name, branches: branches)
    pipeline.triggers.poll = Seconds(seconds)
    return pipeline
  }

  @Test(
    "the first look starts nothing; what moves afterwards is a push from the commit before, with all that goes with it")
  func push() async throws {
    let fixture = try Fixture(someRules([try polling()]))
    fixture.remote.set(["refs/heads/main": otherCommit, "refs/heads/dev": otherCommit, "HEAD": otherCommit])
    await fixture.pass()
    #expect(try await fixture.deliveries().isEmpty)
    #expect(fixture.log.events == ["poll_began"])

    fixture.remote.set(["refs/heads/main": someCommit, "refs/heads/dev": someCommit])
    await fixture.pass()

    let delivery = try #require(try await fixture.deliveries().first)
    #expect(delivery.way == .poll)
    #expect(delivery.source == "poll")
    #expect(delivery.event == "push")
    #expect(delivery.verdict == .started(runs: [1]))
    #expect(delivery.decisions == [Decision(pipeline: "shop", starts: true, reason: #"branch "main" matches "main""#)])
    let run = try #require(try await fixture.runs().first)
    #expect(run.request.trigger == .poll)
    #expect(run.request.commit == someCommit)
    #expect(run.request.before == otherCommit)
    #expect(run.request.ref.full == "refs/heads/main")
    #expect(run.request.delivery == delivery.number)
    let body = try #require(try await fixture.agent.store.delivery(number: 1)?.body)
    #expect(
      String(decoding: body, as: UTF8.self) == """
        {"after":"\(someCommit)","before":"\(otherCommit)","created":false,"deleted":false,"ref":"refs/heads/main",\
        "repository":"acme/shop","url":"https://github.com/acme/shop.git"}
        """)
  }

  @Test("where nothing moved, nothing is written")
  func still() async throws {
    let fixture = try Fixture(someRules([try polling()]))
    fixture.remote.set(["refs/heads/main": someCommit])
    await fixture.pass()
    let log = fixture.agent.folder.file("data/pushrod.db-wal")
    let before = try Data(contentsOf: URL(fileURLWithPath: log))
    for _ in 1...5 { await fixture.pass() }
    #expect(fixture.remote.questions.count == 6)
    #expect(try Data(contentsOf: URL(fileURLWithPath: log)) == before)
    #expect(try await fixture.deliveries().isEmpty)
  }

  @Test("a webhook and a poll of one push start one run, whichever is first")
  func bothWays() async throws {
    for webhookFirst in [true, false] {
      let fixture = try Fixture(someRules([try polling()]))
      fixture.remote.set(["refs/heads/main": otherCommit])
      await fixture.pass()
      fixture.remote.set(["refs/heads/main": someCommit])
      if webhookFirst { #expect(try await fixture.webhook().status == 202) }
      await fixture.pass()
      if !webhookFirst {
        let answer = try await fixture.webhook()
        #expect(answer.status == 200)
        #expect(answer.body.contains("commit a1a1a1a1 of main was already handled by delivery 1 (source poll)"))
      }
      await fixture.pass()

      #expect(try await fixture.runs().map(\.request.trigger) == [webhookFirst ? .push : .poll])
      #expect(try await fixture.deliveries().count == (webhookFirst ? 1 : 2))
    }
  }

  @Test("a webhook that comes while the agent looks is not followed by the older commit that was seen")
  func overtaken() async throws {
    let fixture = try Fixture(someRules([try polling()]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass()
    fixture.remote.set(["refs/heads/main": third])
    fixture.remote.meanwhile { _ = try await fixture.webhook() }
    await fixture.pass()

    #expect(try await fixture.runs().map(\.request.commit) == [someCommit])
    fixture.remote.set(["refs/heads/main": someCommit])
    await fixture.pass()
    #expect(try await fixture.runs().count == 1)
  }

  @Test("back to an older commit and forth again is a push each time")
  func backAndForth() async throws {
    let fixture = try Fixture(someRules([try polling()]))
    for commit in [someCommit, otherCommit, someCommit, otherCommit, someCommit] {
      fixture.remote.set(["refs/heads/main": commit])
      await fixture.pass()
    }
    #expect(try await fixture.runs().map(\.request.commit) == [otherCommit, someCommit, otherCommit, someCommit])
  }

  @Test("a new branch is a push without a commit before; one that is gone is forgotten, and new when it comes back")
  func branches() async throws {
    let fixture = try Fixture(someRules([try polling(branches: ["**"])]))
    fixture.remote.set(["refs/heads/main": someCommit])
    await fixture.pass()
    let withFeature = ["refs/heads/main": someCommit, "refs/heads/feature": someCommit]
    for refs in [withFeature, ["refs/heads/main": someCommit], withFeature] {
      fixture.remote.set(refs)
      await fixture.pass()
    }

    #expect(
      try await fixture.deliveries().map(\.verdict) == [
        .started(runs: [1]), .ignored(reason: "refs/heads/feature was deleted"), .started(runs: [2]),
      ])
    let runs = try await fixture.runs()
    #expect(runs.map(\.request.before) == [nil, nil])
    #expect(runs.map(\.request.ref.short) == ["feature", "feature"])
  }

  @Test("of an annotated tag the commit is run, and the forge's word for it starts no second run")
  func annotatedTag() async throws {
    var pipeline = try polling()
    pipeline.triggers.push = PushTrigger(branches: nil, tags: ["v*"], skip: nil)
    let fixture = try Fixture(someRules([pipeline]))
    await fixture.pass()
    fixture.remote.set([.init(name: "refs/tags/v1", id: otherCommit.hex, peeled: someCommit.hex)])
    await fixture.pass()
    #expect(try await fixture.runs().map(\.request.commit) == [someCommit])

    let body = """
      {"ref":"refs/tags/v1","before":"\(otherCommit.zeros)","after":"\(otherCommit)","created":true,"deleted":false,\
      "repository":{"full_name":"acme/shop","clone_url":"https://github.com/acme/shop.git"}}
      """
    #expect(await fixture.agent.agent.receive(try signedPush(body: body)).status == 200)
    await fixture.pass()
    #expect(try await fixture.runs().count == 1)
  }

  @Test("a pipeline that polls and one that does not are told each for itself")
  func besideOthers() async throws {
    let fixture = try Fixture(someRules([try polling(), try somePipeline("docs")]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass()
    fixture.remote.set(["refs/heads/main": someCommit])
    await fixture.pass()
    #expect(try await fixture.webhook().status == 202)

    #expect(try await fixture.runs().map(\.request.pipeline.name) == ["shop", "docs"])
    let webhook = try #require(try await fixture.deliveries().last)
    #expect(webhook.decisions.map(\.starts) == [false, true])
  }

  @Test("a webhook whose message says skip is not run by the poll behind its back")
  func skip() async throws {
    var pipeline = try polling()
    pipeline.triggers.push?.skip = "Sell"
    let fixture = try Fixture(someRules([pipeline]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass()
    fixture.remote.set(["refs/heads/main": someCommit])
    #expect(try await fixture.webhook().body.contains("the commit message contains"))
    await fixture.pass()

    #expect(try await fixture.runs().isEmpty)
    #expect(try await fixture.deliveries().count == 1)
  }

  @Test("pipelines of one repository share a question and a delivery, each in its own interval")
  func shared() async throws {
    let fixture = try Fixture(someRules([try polling("fast"), try polling("slow", every: 180), try polling("other")]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass(0)
    fixture.remote.set(["refs/heads/main": someCommit])
    for _ in 1...3 { await fixture.pass() }

    #expect(fixture.remote.questions.count == 4)
    #expect(try await fixture.deliveries().map { $0.decisions.map(\.pipeline) } == [["fast", "other"], ["slow"]])
    #expect(try await fixture.runs().map(\.request.pipeline.name) == ["fast", "other", "slow"])
  }

  @Test("what moved while there was no agent is found by the next one, and what the last one handled is not run again")
  func restart() async throws {
    let folder = try TemporaryDirectory("poll")
    let rules = someRules([try polling()])
    let first = try Fixture(rules, folder: folder)
    first.remote.set(["refs/heads/main": otherCommit])
    await first.pass()
    try first.agent.store.close()

    let second = try Fixture(rules, folder: folder)
    second.remote.set(["refs/heads/main": someCommit, "refs/heads/dev": someCommit])
    await second.pass(0)
    #expect(try await second.runs().map(\.request.before) == [otherCommit])
    try second.agent.store.close()

    let third = try Fixture(rules, folder: folder)
    third.remote.set(["refs/heads/main": someCommit])
    await third.pass(0)
    #expect(try await third.runs().count == 1)
  }

  @Test("an error is told once, and when it changes, and when it is over; nothing that was pushed meanwhile is missed")
  func errors() async throws {
    let fixture = try Fixture(someRules([try polling()]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass()
    fixture.remote.fail("no route to host")
    for pause in [60.0, 60, 120] { await fixture.pass(pause) }
    fixture.remote.fail("it asks for credentials")
    await fixture.pass(240)
    #expect(fixture.remote.questions.count == 5)
    let report = try #require(await fixture.poller.reports.first)
    #expect(report.error == "it asks for credentials")
    #expect(report.url == "https://github.com/acme/shop.git")
    #expect(report.askedAt != nil)

    fixture.remote.set(["refs/heads/main": someCommit])
    await fixture.pass(480)

    #expect(fixture.log.events == ["poll_began", "poll_failed", "poll_failed", "poll_recovered", "delivery"].sorted())
    #expect(await fixture.poller.reports.first?.error == nil)
    #expect(try await fixture.runs().count == 1)
  }

  @Test("a repository that suddenly shows nothing at all is in trouble, and nothing is forgotten")
  func empty() async throws {
    let fixture = try Fixture(someRules([try polling(branches: ["**"])]))
    fixture.remote.set(["refs/heads/main": someCommit, "refs/heads/dev": someCommit])
    await fixture.pass()
    fixture.remote.set([String: CommitID]())
    await fixture.pass()
    #expect(await fixture.poller.reports.first?.error?.contains("neither branches nor tags") == true)
    fixture.remote.set(["refs/heads/main": someCommit, "refs/heads/dev": someCommit])
    await fixture.pass()
    #expect(try await fixture.deliveries().isEmpty)
  }

  @Test("an empty repository's first branch is a push")
  func firstBranch() async throws {
    let fixture = try Fixture(someRules([try polling()]))
    fixture.remote.set([String: CommitID]())
    await fixture.pass()
    fixture.remote.set(["refs/heads/main": someCommit])
    await fixture.pass()
    #expect(try await fixture.runs().map(\.request.commit) == [someCommit])
  }

  @Test("refs that the remote should not have, and ids that are none, are passed over")
  func odd() async throws {
    let fixture = try Fixture(someRules([try polling(branches: ["**"])]))
    fixture.remote.set(["refs/heads/main": someCommit])
    await fixture.pass()
    fixture.remote.set([
      .init(name: "HEAD", id: otherCommit.hex, peeled: nil),
      .init(name: "refs/heads/-x", id: otherCommit.hex, peeled: nil),
      .init(name: "refs/heads/a..b", id: otherCommit.hex, peeled: nil),
      .init(name: "refs/heads/dev", id: "xyz", peeled: nil),
      .init(name: "refs/pull/1/head", id: otherCommit.hex, peeled: nil),
      .init(name: "refs/heads/main", id: someCommit.hex, peeled: "zzz"),
    ])
    await fixture.pass()
    #expect(try await fixture.deliveries().isEmpty)
    #expect(await fixture.poller.reports.first?.error == nil)
  }

  @Test("at most four repositories are asked at a time, all of them in the end")
  func width() async throws {
    let pipelines = try (1...20).map { number in
      var pipeline = try somePipeline("p\(number)", repository: "https://github.com/acme/p\(number).git")
      pipeline.triggers.poll = 60
      return pipeline
    }
    let fixture = try Fixture(someRules(pipelines))
    fixture.remote.hold(true)
    fixture.clock.advance(0)
    await fixture.poller.turn()
    while fixture.remote.questions.count < 4 { await Task.yield() }
    for _ in 1...10 { await fixture.poller.turn() }
    #expect(fixture.remote.questions.count == 4)
    fixture.remote.hold(false)
    await fixture.poller.settle()

    #expect(Set(fixture.remote.questions).count == 20)
    #expect(fixture.remote.questions.count == 20)
    #expect(fixture.remote.mostUnderWay == 4)
  }

  @Test("a push that the agent found can be replayed like any other")
  func replay() async throws {
    let fixture = try Fixture(someRules([try polling()]))
    fixture.remote.set(["refs/heads/main": otherCommit])
    await fixture.pass()
    fixture.remote.set(["refs/heads/main": someCommit])
    await fixture.pass()

    let again = try await fixture.agent.agent.replay(delivery: 1, by: .ada)

    #expect(again.verdict == .started(runs: [2]))
    let runs = try await fixture.runs()
    #expect(runs.map(\.request.commit) == [someCommit, someCommit])
    #expect(runs.map(\.request.before) == [otherCommit, otherCommit])
    await fixture.pass()
    #expect(try await fixture.runs().count == 2)
  }

  // MARK: Comparing without `on.poll`

  private func comparing(_ pipelines: [Pipeline]) -> Ruleset {
    var rules = someRules(pipelines)
    rules.compareTips = 600
    return rules
  }

  @Test("a lost webhook is found without on.poll; that it comes late after all starts nothing")
  func lostWebhook() async throws {
    let fixture = try Fixture(comparing([try somePipeline()]))
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
    let fixture = try Fixture(comparing([try somePipeline()]))
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
    let first = try Fixture(rules, folder: folder)
    first.remote.set(["refs/heads/main": someCommit])
    await first.pass(0)
    try first.agent.store.close()

    let second = try Fixture(rules, folder: folder)
    second.remote.set(["refs/heads/main": someCommit, "refs/heads/feature": otherCommit])
    await second.pass(0)
    #expect(try await second.runs().map(\.request.ref.short) == ["feature"])
    try second.agent.store.close()
  }

  @Test("a subscription that is connected again has everything compared at once")
  func subscriptionGap() async throws {
    let fixture = try Fixture(comparing([try somePipeline()]))
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
      let fixture = try Fixture(comparing([try somePipeline()]))
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
    let fixture = try Fixture(comparing([try somePipeline()]))
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
    let fixture = try Fixture(comparing([try somePipeline()]))
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
    let fixture = try Fixture(comparing([try somePipeline()]))
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
    let fixture = try Fixture(comparing([try somePipeline()]))
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

  @Test("a stop does not wait for a remote that is silent")
  func stop() async throws {
    let fixture = try Fixture(someRules([try polling()]))
    fixture.remote.hold(true)
    let service = Task { try await fixture.poller.run() }
    while fixture.remote.questions.isEmpty { await Task.yield() }
    service.cancel()
    try await service.value
    #expect(fixture.log.events == [])
  }
}

/// The `event` of every line, in order of their names.
private final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  var events: [String] { lines.withLock { $0.sorted() } }

  var logger: Logger { Logger(label: "test") { [self] _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      lines.lines.withLock { $0.append(event.metadata?["event"].map { "\($0)" } ?? "") }
    }
  }
}
