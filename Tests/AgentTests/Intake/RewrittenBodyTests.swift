import Model
import TestSupport
import Testing

@testable import Agent

@Suite("A body that a relay has written anew")
struct RewrittenBodyTests {
  private func relayed(_ change: (inout HookRequest) -> Void = { _ in }) throws -> HookRequest {
    var request = try signedPush()
    request.way = .relay
    request.isRewritten = true
    request.address = nil
    change(&request)
    return request
  }

  @Test("counts where the signature holds all the same, and the inbox says which way it came")
  func holds() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    let answer = await fixture.agent.receive(try relayed())
    #expect(answer.status == 202)
    #expect(try await fixture.agent.delivery(number: 1).way == .relay)
  }

  @Test("where the signature does not hold, the reason says that it may be the relay's doing")
  func doesNotHold() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    let answer = await fixture.agent.receive(try relayed { $0.body.insert(0x20, at: 1) })
    #expect(answer.status == 401)
    let kept = try #require(try await fixture.agent.deliveries(DeliveryFilter(limit: 1)).first)
    #expect(kept.way == .relay)
    guard case .rejected(let reason) = kept.verdict else {
      Issue.record("\(kept.verdict)")
      return
    }
    #expect(reason.hasSuffix("; " + RewrittenBody.doubt))
    #expect(reason.contains("the relay wrote the body anew"))
    // The sender's own bytes have no such excuse.
    _ = await fixture.agent.receive(
      try relayed {
        $0.isRewritten = false
        $0.body.insert(0x20, at: 1)
      })
    let other = try #require(try await fixture.agent.deliveries(DeliveryFilter(limit: 1)).first)
    #expect(!other.verdict.sentence.contains("relay"))
  }

  @Test("where there is no signature, that is the reason, and not the relay")
  func unsigned() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    let answer = await fixture.agent.receive(
      try relayed { $0.headers = Headers($0.headers.fields.filter { $0.name != "x-hub-signature-256" }) })
    #expect(answer.status == 401)
    let kept = try #require(try await fixture.agent.deliveries(DeliveryFilter(limit: 1)).first)
    #expect(kept.verdict == .rejected(reason: "the header X-Hub-Signature-256 is missing"))
  }

  @Test(
    "a form is refused whatever is signed",
    arguments: ["application/x-www-form-urlencoded", "text/plain; charset=utf-8"])
  func forms(_ type: String) async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    let answer = await fixture.agent.receive(
      try relayed {
        $0.headers = Headers($0.headers.fields.filter { $0.name != "content-type" })
        $0.headers.append("Content-Type", type)
      })
    #expect(answer.status == 415)
    let kept = try #require(try await fixture.agent.deliveries(DeliveryFilter(limit: 1)).first)
    #expect(kept.verdict.sentence.contains("choose application/json"))
  }
}
