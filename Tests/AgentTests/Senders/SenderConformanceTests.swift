import Agent
import Foundation
import Model
import Testing
import Webhooks

/// What the running agent does with each sender of the table.
@Suite("Every sender, in the agent")
struct SenderConformanceTests {
  @Test("the table of this suite is the table of senders")
  func complete() {
    #expect(Set(SenderInUse.all.map(\.name)) == Set(Senders.all.map(\.name)))
    #expect(SenderInUse.all.count == Senders.all.count)
  }

  @Test("a genuine delivery is 2xx and in the inbox with its body, and without a secret", arguments: SenderInUse.all)
  func genuine(sender: SenderInUse) async throws {
    let fixture = try AgentUnderTest(try sender.rules(), verification: sender.service())
    let answer = await fixture.agent.receive(try sender.delivery())
    #expect((200..<300).contains(answer.status), "\(answer)")
    let delivery = try await fixture.agent.delivery(number: 1)
    #expect(delivery.verdict.kind == .ignored)
    #expect(delivery.body == Array(sender.body.utf8))
    #expect(!delivery.headers.fields.isEmpty)
    #expect(!delivery.headers.fields.contains { $0.value.contains(SenderInUse.secret.text) })
  }

  @Test("sent again, also as a retry, it gets the same status and is one delivery", arguments: SenderInUse.all)
  func repeated(sender: SenderInUse) async throws {
    let fixture = try AgentUnderTest(try sender.rules(), verification: sender.service())
    let first = await fixture.agent.receive(try sender.delivery())
    let now = Date().timeIntervalSince1970 + 30
    for isRetry in [false, true] {
      let again = await fixture.agent.receive(try sender.delivery(now: now, isRetry: isRetry))
      #expect(again.status == first.status)
      #expect(again.body.contains("received before, as delivery 1"))
    }
    #expect(try await fixture.agent.deliveries(DeliveryFilter()).count == 1)
  }

  @Test("every way in which a proof can fail gets the same answer, and nothing is accepted", arguments: SenderInUse.all)
  func forged(sender: SenderInUse) async throws {
    let fixture = try AgentUnderTest(try sender.rules(), verification: sender.service())
    var forgeries: [HookRequest] = []
    let good = try sender.delivery()
    if sender.signsBody {
      for bit in 0..<8 {
        var other = good
        other.body[bit * 3 % other.body.count] ^= 1 << UInt8(bit)
        forgeries.append(other)
      }
    }
    if sender.name != "paypal" { forgeries.append(try sender.delivery(secret: SenderInUse.newSecret)) }
    var bare = good
    (bare.headers, bare.token) = (["Content-Type": "application/json"], nil)
    forgeries.append(bare)
    bare.headers = [:]
    forgeries.append(bare)
    bare.body = []
    forgeries.append(bare)

    var answers: Set<HookAnswer> = []
    for forgery in forgeries { answers.insert(await fixture.agent.receive(forgery)) }
    #expect(answers.count == 1)
    #expect(answers.first?.status == 401)
    let inbox = try await fixture.agent.deliveries(DeliveryFilter())
    #expect(inbox.count == forgeries.count)
    #expect(inbox.allSatisfy { $0.verdict.kind == .rejected })
  }

  @Test("a signed time too far before or after now is the same 401", arguments: SenderInUse.timed)
  func stale(sender: SenderInUse) async throws {
    let fixture = try AgentUnderTest(try sender.rules())
    let now = Date().timeIntervalSince1970
    let unsigned = HookRequest(source: sender.name, headers: [:], body: [], address: nil)
    let answer = await fixture.agent.receive(unsigned)
    #expect(answer.status == 401)
    for distance in [-330.0, 330] {
      #expect(await fixture.agent.receive(try sender.delivery(now: now + distance)) == answer)
    }
    let patient = try AgentUnderTest(try sender.rules(tolerance: 600))
    #expect(await patient.agent.receive(try sender.delivery(now: now - 330)).status == 200)
  }

  @Test("while a secret is being changed, deliveries under the old and the new one count", arguments: SenderInUse.all)
  func rotation(sender: SenderInUse) async throws {
    for secret in [SenderInUse.secret, SenderInUse.newSecret] {
      let fixture = try AgentUnderTest(
        try sender.rules(secrets: [SenderInUse.secret, SenderInUse.newSecret]),
        verification: sender.service(secret: secret))
      #expect((200..<300).contains(await fixture.agent.receive(try sender.delivery(secret: secret)).status))
    }
  }

  @Test("a source without a secret, or with a blank one, is 503 to everything", arguments: SenderInUse.all)
  func blank(sender: SenderInUse) async throws {
    for secrets in [[], [Secret("")], [Secret(" \n\t")]] {
      let fixture = try AgentUnderTest(try sender.rules(secrets: secrets), verification: StandInVerification(.genuine))
      let answer = await fixture.agent.receive(try sender.delivery())
      #expect(answer.status == 503 && answer.retryAfter != nil)
      #expect(try await fixture.agent.deliveries(DeliveryFilter()).isEmpty)
    }
  }

  @Test(
    "an address with a further part is nobody's, but that of a sender that is proved by it",
    arguments: SenderInUse.all)
  func token(sender: SenderInUse) async throws {
    let fixture = try AgentUnderTest(try sender.rules(), verification: sender.service())
    var request = try sender.delivery()
    request.token = SenderInUse.secret.text
    let unknown = await fixture.agent.receive(
      HookRequest(source: "nobody", headers: [:], body: [], address: nil))
    let answer = await fixture.agent.receive(request)
    if sender.name == "pingdom" { #expect(answer.status == 200) } else { #expect(answer == unknown) }
  }
}
