import Foundation
import Model
import RunDirectory
import Store
import TestSupport
import Testing

@testable import Agent

/// Polling with the real store and the real intake; only the remote and the clock are the test's.
@Suite struct PollerTests {
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
    let fixture = try PollFixture(someRules([try polling()]))
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
    let fixture = try PollFixture(someRules([try polling()]))
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
      let fixture = try PollFixture(someRules([try polling()]))
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
    let fixture = try PollFixture(someRules([try polling()]))
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
    let fixture = try PollFixture(someRules([try polling()]))
    for commit in [someCommit, otherCommit, someCommit, otherCommit, someCommit] {
      fixture.remote.set(["refs/heads/main": commit])
      await fixture.pass()
    }
    #expect(try await fixture.runs().map(\.request.commit) == [otherCommit, someCommit, otherCommit, someCommit])
  }

  @Test("a new branch is a push without a commit before; one that is gone is forgotten, and new when it comes back")
  func branches() async throws {
    let fixture = try PollFixture(someRules([try polling(branches: ["**"])]))
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
    let fixture = try PollFixture(someRules([pipeline]))
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
    let fixture = try PollFixture(someRules([try polling(), try somePipeline("docs")]))
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
    let fixture = try PollFixture(someRules([pipeline]))
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
    let fixture = try PollFixture(
      someRules([try polling("fast"), try polling("slow", every: 180), try polling("other")]))
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
    let first = try PollFixture(rules, folder: folder)
    first.remote.set(["refs/heads/main": otherCommit])
    await first.pass()
    try first.agent.store.close()

    let second = try PollFixture(rules, folder: folder)
    second.remote.set(["refs/heads/main": someCommit, "refs/heads/dev": someCommit])
    await second.pass(0)
    #expect(try await second.runs().map(\.request.before) == [otherCommit])
    try second.agent.store.close()

    let third = try PollFixture(rules, folder: folder)
    third.remote.set(["refs/heads/main": someCommit])
    await third.pass(0)
    #expect(try await third.runs().count == 1)
  }

  @Test("an error is told once, and when it changes, and when it is over; nothing that was pushed meanwhile is missed")
  func errors() async throws {
    let fixture = try PollFixture(someRules([try polling()]))
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
    let fixture = try PollFixture(someRules([try polling(branches: ["**"])]))
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
    let fixture = try PollFixture(someRules([try polling()]))
    fixture.remote.set([String: CommitID]())
    await fixture.pass()
    fixture.remote.set(["refs/heads/main": someCommit])
    await fixture.pass()
    #expect(try await fixture.runs().map(\.request.commit) == [someCommit])
  }

  @Test("refs that the remote should not have, and ids that are none, are passed over")
  func odd() async throws {
    let fixture = try PollFixture(someRules([try polling(branches: ["**"])]))
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
    let fixture = try PollFixture(someRules(pipelines))
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
    let fixture = try PollFixture(someRules([try polling()]))
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

  @Test("a stop does not wait for a remote that is silent")
  func stop() async throws {
    let fixture = try PollFixture(someRules([try polling()]))
    fixture.remote.hold(true)
    let service = Task { try await fixture.poller.run() }
    while fixture.remote.questions.isEmpty { await Task.yield() }
    service.cancel()
    try await service.value
    #expect(fixture.log.events == [])
  }
}
