@testable import Agent
import Foundation
import Model
import Store
import TestSupport
import Testing

/// What senders are told, and what stays in the inbox, for each way that a delivery can go.
@Suite struct PushPathTests {
  private struct Answer: Decodable, Equatable {
    var delivery: Int?
    var verdict: String?
    var runs: [Int]?
    var reason: String?
  }

  private func decode(_ answer: HookAnswer) throws -> Answer {
    try JSONDecoder().decode(Answer.self, from: Data(answer.body.utf8))
  }

  @Test("a push that a pipeline wants is 202 with the run, queued with everything the push said")
  func started() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))

    let answer = await fixture.agent.receive(try signedPush())

    #expect(answer.status == 202)
    #expect(try decode(answer) == Answer(delivery: 1, verdict: "started", runs: [1], reason: "started run 1"))
    let run = try await fixture.agent.run(number: 1)
    #expect(run.state == .queued)
    #expect(run.request.commit == someCommit)
    #expect(run.request.before == otherCommit)
    #expect(run.request.ref.full == "refs/heads/main")
    #expect(run.request.pusher == "ada")
    #expect(run.request.message == "Sell more")
    #expect(run.request.delivery == 1)
    let delivery = try await fixture.agent.delivery(number: 1)
    #expect(delivery.body == (try signedPush().body))
    #expect(delivery.id == "d-1")
    #expect(delivery.address == "192.0.2.7")
  }

  @Test("a push that two pipelines want starts both, in the order of the files")
  func several() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline("shop"), try somePipeline("docs")]))

    let answer = await fixture.agent.receive(try signedPush())

    #expect(try decode(answer).runs == [1, 2])
    #expect(try await fixture.agent.run(number: 1).request.pipeline.name == "shop")
    #expect(try await fixture.agent.run(number: 2).request.pipeline.name == "docs")
  }

  @Test("a push that nothing wants is 200 with the rule that said no")
  func ignored() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))

    let otherBranch = await fixture.agent.receive(try signedPush(id: "d-1", branch: "dev"))
    let otherRepository = await fixture.agent.receive(try signedPush(id: "d-2", repository: "acme/tools"))

    #expect(otherBranch.status == 200)
    #expect(try decode(otherBranch).reason == #"branch "dev" not in [main]"#)
    #expect(try decode(otherBranch).runs == [])
    #expect(otherRepository.status == 200)
    #expect(try decode(otherRepository).reason == "no pipeline for acme/tools")
    let kept = try await fixture.agent.delivery(number: 1)
    #expect(kept.verdict == .ignored(reason: #"branch "dev" not in [main]"#))
    #expect(kept.decisions.map(\.pipeline) == ["shop"])
  }

  @Test("a reason with quotes, backslashes and control characters is still JSON")
  func quoting() throws {
    let reason = "say \"no\" \\ \u{1}\n\t\u{7f} ü 🙂"
    let answer = HookAnswer.recorded(RecordedDelivery(number: 7, verdict: .ignored(reason: reason), isRepeat: false))
    #expect(try decode(answer) == Answer(delivery: 7, verdict: "ignored", runs: [], reason: reason))
  }

  @Test("an event that is no push is acknowledged and recorded")
  func ping() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))

    let answer = await fixture.agent.receive(
      try signedPush(body: #"{"zen":"Keep it logically awesome."}"#, event: "ping"))

    #expect(answer.status == 200)
    #expect(try decode(answer).verdict == "ignored")
    #expect(try await fixture.agent.delivery(number: 1).event == "ping")
  }

  @Test("a repeated id is answered as the first time and told so, and starts nothing")
  func repeated() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))

    let first = await fixture.agent.receive(try signedPush(id: "same"))
    let again = await fixture.agent.receive(try signedPush(id: "same", branch: "dev"))

    #expect(again.status == first.status)
    #expect(
      try decode(again)
        == Answer(
          delivery: 1, verdict: "started", runs: [1],
          reason: "received before, as delivery 1: started run 1 (sent again once by now; "
            + "`pushrod inbox replay 1` has it run anew)"))
    #expect(try await fixture.agent.runs(RunFilter()).count == 1)
    #expect(try await fixture.agent.deliveries(DeliveryFilter(limit: 10)).count == 1)
  }

  @Test("a repeated id whose delivery was pruned is 200 with the reason, and starts nothing")
  func repeatedAfterPruning() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    _ = await fixture.agent.receive(try signedPush(id: "same", branch: "dev"))
    _ = try await fixture.store.prune(InboxRetention(age: 1), at: Date() + 60)

    let again = await fixture.agent.receive(try signedPush(id: "same"))

    #expect(again.status == 200)
    #expect(
      try decode(again)
        == Answer(
          delivery: 1, verdict: "ignored", runs: [],
          reason: "received before, as delivery 1: that delivery is no longer in the inbox"))
    #expect(try await fixture.agent.runs(RunFilter()).isEmpty)
  }

  @Test("a delivery without an id gets one of its own, so two of them are two")
  func withoutID() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))

    _ = await fixture.agent.receive(try signedPush(id: nil))
    _ = await fixture.agent.receive(try signedPush(id: nil))

    let inbox = try await fixture.agent.deliveries(DeliveryFilter(limit: 10))
    #expect(Set(inbox.map(\.id)).count == 2)
  }

  @Test("every cause of a refused signature gets the same 401, and the inbox knows the cause")
  func unauthorized() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    var missing = try signedPush()
    missing.headers = Headers(missing.headers.fields.filter { $0.name != "x-hub-signature-256" })
    var changed = try signedPush()
    changed.body[10] ^= 1
    var malformed = missing
    malformed.headers.append("X-Hub-Signature-256", "sha256=zz")
    let wrongSecret = try signedPush(secret: "a guess")

    var answers: Set<HookAnswer> = []
    for request in [missing, changed, malformed, wrongSecret] { answers.insert(await fixture.agent.receive(request)) }

    #expect(answers.count == 1)
    #expect(answers.first?.status == 401)
    let inbox = try await fixture.agent.deliveries(DeliveryFilter(limit: 10))
    #expect(inbox.count == 4)
    #expect(inbox.allSatisfy { $0.verdict.kind == .rejected })
    #expect(Set(inbox.map(\.verdict)).count > 1)
    #expect(try await fixture.agent.runs(RunFilter()).isEmpty)
    // The id of a forgery stays free for the genuine delivery.
    #expect(await fixture.agent.receive(try signedPush()).status == 202)
  }

  @Test("a signature sent twice with two values is 400")
  func ambiguous() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    var request = try signedPush()
    request.headers.append("X-Hub-Signature-256", "sha256=" + String(repeating: "0", count: 64))

    let answer = await fixture.agent.receive(request)

    #expect(answer.status == 400)
    #expect(try await fixture.agent.deliveries(DeliveryFilter(limit: 10)).first?.verdict.kind == .rejected)
  }

  @Test("a genuine delivery that cannot be read is 400, of another content type 415, and both are in the inbox")
  func unreadable() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    var text = try signedPush(id: "d-2")
    text.headers = Headers(text.headers.fields.filter { $0.name != "content-type" })
    text.headers.append("Content-Type", "text/plain")

    let broken = await fixture.agent.receive(try signedPush(body: #"{"ref": "refs/heads/main""#))
    let media = await fixture.agent.receive(text)

    #expect(broken.status == 400)
    #expect(media.status == 415)
    let inbox = try await fixture.agent.deliveries(DeliveryFilter(limit: 10))
    #expect(inbox.map(\.verdict.kind) == [.rejected, .rejected])
  }

  @Test("an unknown source is 404, one without a usable secret 503")
  func sources() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))

    let unknown = await fixture.agent.receive(try signedPush(source: "gitlab"))
    let bare = await fixture.agent.receive(try signedPush(source: "bare", secret: " "))

    #expect(unknown.status == 404)
    #expect(bare.status == 503)
    #expect(bare.retryAfter != nil)
  }

  @Test("a store that refuses is 503 with Retry-After, and the same delivery is taken when it can again")
  func storeRefuses() async throws {
    let store = RefusingStore()
    let gaps = Gaps()
    let path = PushPath(
      rules: try AgentUnderTest(someRules([try somePipeline()])).rules, store: store,
      proof: ProofOfOrigin(verification: StandInVerification(.genuine)), runsWereQueued: {}, logger: .silent,
      gaps: gaps)

    let refused = await path.receive(try signedPush())

    #expect(refused.status == 503)
    #expect(refused.retryAfter == 30)
    #expect(!refused.body.contains("disk"))
    // Its push is looked for.
    #expect(gaps.count == 1)
  }
}

/// A store on a disk that is full.
private struct RefusingStore: DeliveryStore {
  func record(_ delivery: NewDelivery) async throws -> RecordedDelivery { throw StoreFailure("the disk is full") }
  func recordRejected(_ delivery: NewDelivery, reason: String) async {}
  func deliveries(_ filter: DeliveryFilter) async throws -> [Delivery] { [] }
  func delivery(number: Int) async throws -> Delivery? { nil }
}
