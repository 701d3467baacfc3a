import Agent
import Foundation
import Model
import TestSupport
import Testing
import Webhooks

/// What single senders want of the agent that others do not.
@Suite("Senders' manners, in the agent")
struct SenderMannersTests {
  private func receive(_ request: HookRequest, _ sender: SenderInUse, _ verification: StandInVerification) async throws
    -> (answer: HookAnswer, inbox: [Delivery])
  {
    let fixture = try AgentUnderTest(try sender.rules(), verification: verification)
    let answer = await fixture.agent.receive(request)
    return (answer, try await fixture.agent.deliveries(DeliveryFilter()))
  }

  @Test("PayPal is asked with the body as it came, and only about what could be its own")
  func payPalQuestion() async throws {
    let sender = try SenderInUse.named("paypal")
    let service = sender.service()
    let good = try sender.delivery()
    #expect(try await receive(good, sender, service).answer.status == 200)
    #expect(service.questions.map(\.body) == [good.body])

    let without = { (name: String, value: String?) in
      var request = good
      request.headers = Headers(good.headers.fields.filter { $0.name != name.lowercased() })
      if let value { request.headers.append(name, value) }
      return request
    }
    var rubbish = [
      without("PAYPAL-TRANSMISSION-ID", nil), without("PAYPAL-TRANSMISSION-SIG", "?"),
      without("PAYPAL-AUTH-ALGO", "none"), without("PAYPAL-TRANSMISSION-TIME", String(repeating: "1", count: 2000)),
      without("PAYPAL-CERT-URL", "https://api.paypal.com.evil.example/x"),
    ]
    for body in ["", "x", "{}", sender.body + #","webhook_id":"W-2""#, sender.body + "{}", #"{"id": "WH-1"}"#] {
      var request = good
      request.body = Array(body.utf8)
      rubbish.append(request)
    }
    for request in rubbish {
      #expect(try await receive(request, sender, service).answer.status == 401)
    }
    #expect(service.questions.count == 1)
  }

  @Test("where PayPal does not answer, nothing is recorded and the delivery is asked for again")
  func payPalUnavailable() async throws {
    let sender = try SenderInUse.named("paypal")
    let (answer, inbox) = try await receive(
      try sender.delivery(), sender, StandInVerification(.unavailable(reason: "no route")))
    #expect(answer.status == 503 && answer.retryAfter == 60)
    #expect(!answer.body.contains("route"))
    #expect(inbox.isEmpty)
  }

  @Test("with `verify: offline` nobody is asked")
  func payPalOffline() async throws {
    var sender = try SenderInUse.named("paypal")
    sender.options.verification = .offline
    let service = StandInVerification(.genuine)
    #expect(try await receive(try sender.delivery(), sender, service).answer.status == 401)
    #expect(service.questions.isEmpty)
  }

  @Test("Pingdom's delivery through others is rejected with the reason, and its token shows nowhere")
  func pingdom() async throws {
    let sender = try SenderInUse.named("pingdom")
    let service = StandInVerification(.genuine)
    for way in [Way.relay, .forward] {
      var request = try sender.delivery()
      request.way = way
      let (answer, inbox) = try await receive(request, sender, service)
      #expect(answer.status == 401)
      #expect(inbox.first?.verdict.sentence.contains("it proves nothing") == true)
    }
    let (answer, inbox) = try await receive(try sender.delivery(secret: SenderInUse.newSecret), sender, service)
    #expect(answer.status == 401)
    #expect(!"\(inbox)".contains(SenderInUse.newSecret.text))
    let genuine = try await receive(try sender.delivery(), sender, service)
    #expect(genuine.inbox.first?.id == "7-17")
    #expect(!"\(genuine)".contains(SenderInUse.secret.text))
  }

  @Test("a wrong token of GitLab's or a bearer's is not kept either")
  func wrongTokens() async throws {
    let tokens: [(String, Headers)] = [
      ("gitlab", ["X-Gitlab-Token": "a guess"]), ("generic-bearer", ["Authorization": "Bearer a guess"]),
    ]
    for (name, headers) in tokens {
      let sender = try SenderInUse.named(name)
      let request = HookRequest(source: name, headers: headers, body: [], address: nil)
      let (answer, inbox) = try await receive(request, sender, StandInVerification(.genuine))
      #expect(answer.status == 401)
      #expect(inbox.first?.verdict.kind == .rejected)
      #expect(!"\(inbox)".contains("a guess"))
    }
  }

  @Test("GitLab: secret token and signing token both count, as long as both are listed")
  func gitLab() async throws {
    var sender = try SenderInUse.named("gitlab")
    let plain = Secret("a secret token")
    for secrets in [[plain, SenderInUse.secret], [SenderInUse.secret, plain]] {
      let fixture = try AgentUnderTest(try sender.rules(secrets: secrets))
      #expect(await fixture.agent.receive(try sender.delivery(secret: plain)).status == 200)
      #expect(await fixture.agent.receive(try sender.delivery(secret: SenderInUse.secret)).status == 200)
      // A signature that does not hold is not made up for by a token that does.
      var both = try sender.delivery(secret: SenderInUse.newSecret)
      both.headers.append("X-Gitlab-Token", plain.text)
      #expect(await fixture.agent.receive(both).status == 401)
    }
    sender.body = #"{"object_kind": "push"}"#
    let signedOnly = try AgentUnderTest(try sender.rules())
    #expect(await signedOnly.agent.receive(try sender.delivery(secret: plain)).status == 401)
  }

  @Test("Twilio: the query counts as it was sent, and a body of JSON by its hash in it")
  func twilio() async throws {
    var sender = try SenderInUse.named("twilio")
    let service = StandInVerification(.genuine)
    let query = "b=%2f+x&a=1&&c"
    #expect(try await receive(try sender.delivery(query: query), sender, service).answer.status == 200)
    for other in ["b=%2F+x&a=1&&c", "a=1&b=%2f+x&&c", "b=/+x&a=1&&c", nil] {
      var request = try sender.delivery(query: query)
      request.query = other
      #expect(try await receive(request, sender, service).answer.status == 401, "\(other ?? "-")")
    }

    sender.body = #"{"CallSid": "CA1"}"#
    let hash = try runChecked(["openssl", "dgst", "-sha256", "-r"], input: Array(sender.body.utf8)).prefix(64)
    let json = try sender.delivery(query: "bodySHA256=\(hash)")
    #expect(json.headers["content-type"] == "application/json")
    #expect(try await receive(json, sender, service).answer.status == 200)
    var changed = json
    changed.body[12] ^= 1
    #expect(try await receive(changed, sender, service).answer.status == 401)
  }

  @Test("WooCommerce's unsigned ping is exactly 200, and nothing has come of it")
  func ping() async throws {
    let sender = try SenderInUse.named("woocommerce")
    let ping = HookRequest(
      source: "woocommerce", headers: ["Content-Type": "application/x-www-form-urlencoded"],
      body: Array("webhook_id=42".utf8), address: nil)
    let (answer, inbox) = try await receive(ping, sender, StandInVerification(.genuine))
    #expect(answer.status == 200)
    #expect(inbox.map(\.verdict.kind) == [.rejected])
  }

  @Test("tests that people start on settings pages are acknowledged, and the inbox says what they were")
  func tests() async throws {
    let cases: [(name: String, body: String, event: String, more: Headers, says: String)] = [
      ("github", #"{"zen": "Keep it logically awesome."}"#, "ping", [:], "ping"),
      (
        "gitea",
        """
        {"ref": "refs/heads/main", "before": "\(someCommit)", "after": "\(someCommit)",
         "repository": {"full_name": "acme/shop", "clone_url": "https://github.com/acme/shop.git"}}
        """, "push", [:], "test push: the ref did not move"
      ),
      ("bitbucket-server", "{}", "diagnostics:ping", [:], "ping"),
      ("shopify", "{}", "orders/create", ["X-Shopify-Test": "true"], "test notification"),
      ("slack", #"{"type": "url_verification", "challenge": "c"}"#, "", [:], "challenge answered"),
    ]
    for test in cases {
      let sender = SenderInUse(name: test.name, body: test.body)
      let known = try #require(Senders.named(test.name))
      let signed = SignedRequest(headers: [:], body: Array(test.body.utf8), now: Date().timeIntervalSince1970)
      var headers = try #require(
        known.headers(signing: signed, event: test.event, id: "d-1", secret: SenderInUse.secret))
      for field in test.more.fields { headers.append(field.name, field.value) }
      var rules = try sender.rules()
      rules.pipelines = [try somePipeline()]
      let fixture = try AgentUnderTest(rules)
      let answer = await fixture.agent.receive(
        HookRequest(source: test.name, headers: headers, body: signed.body, address: nil))
      #expect(answer.status == 200, "\(test.name)")
      let delivery = try await fixture.agent.delivery(number: 1)
      #expect(delivery.verdict == .ignored(reason: test.says))
    }
  }
}
