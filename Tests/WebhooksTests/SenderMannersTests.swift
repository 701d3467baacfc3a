import Foundation
import Model
import TestSupport
import Testing
import Webhooks

/// What single senders do that no other does.
@Suite("Senders' manners")
struct SenderMannersTests {
  private let json: Headers = ["Content-Type": "application/json"]

  private func hmac(_ body: [UInt8], key: String) throws -> String {
    let hex = try opensslHMAC(body, key: key)
    let bytes = stride(from: 0, to: 64, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
    return Data(bytes).base64EncodedString()
  }

  @Test("Slack's challenge is given back; its events have their own word and id, the same on a retry")
  func slack() throws {
    let challenge = Array(#"{"type": "url_verification", "challenge": "a\"b"}"#.utf8)
    let meaning = try Slack().meaning(of: SignedRequest(headers: json, body: challenge, now: 0))
    #expect(meaning.reply == .json(#"{"challenge":"a\"b"}"#))
    #expect(meaning.ignored == "challenge answered" && meaning.isGreeting)
    let event = Array(#"{"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention"}}"#.utf8)
    var request = SignedRequest(headers: json, body: event, now: 0)
    request.headers.append("X-Slack-Retry-Num", "2")
    #expect(try Slack().meaning(of: request).id == "Ev1")
    #expect(try Slack().meaning(of: request).event == "app_mention")
    let form: Headers = ["Content-Type": "application/x-www-form-urlencoded"]
    let command = SignedRequest(headers: form, body: Array("command=%2Fdeploy&text=".utf8), now: 0)
    #expect(try Slack().meaning(of: command).event == "slash_command")
    #expect(try Slack().meaning(of: command).reply == .text)
  }

  @Test(
    "Slack's slash commands and interactions have the id of their trigger, where it can be kept",
    arguments: [
      ("command=%2Fdeploy&trigger_id=133.73.80%2Dd8", "slash_command", "133.73.80-d8"),
      ("command=%2Fdeploy", "slash_command", nil), ("command=%2Fdeploy&trigger_id=a+b", "slash_command", nil),
      (#"payload={"type":"block_actions","trigger_id":"133.7"}"#, "block_actions", "133.7"),
      (#"payload={"type":"block_suggestion"}"#, "block_suggestion", nil), ("payload=x", nil, nil), ("", nil, nil),
    ] as [(String, String?, String?)])
  func triggers(body: String, event: String?, id: String?) throws {
    let form: Headers = ["Content-Type": "application/x-www-form-urlencoded"]
    let meaning = try Slack().meaning(of: SignedRequest(headers: form, body: Array(body.utf8), now: 0))
    #expect(meaning.event == event && meaning.id == id)
    #expect(!meaning.isGreeting && meaning.ignored == nil)
  }

  @Test("Slack's look at the certificate of a command's address is a greeting", arguments: ["", "&command=%2Fdeploy"])
  func certificateCheck(more: String) throws {
    let form: Headers = ["Content-Type": "application/x-www-form-urlencoded"]
    let body = Array("ssl_check=1&token=x\(more)".utf8)
    let meaning = try Slack().meaning(of: SignedRequest(headers: form, body: body, now: 0))
    #expect(meaning.isGreeting && meaning.ignored == "ssl check" && meaning.reply == nil)
  }

  @Test("WooCommerce and Slack insist on 200, and the others take 202")
  func startedStatus() {
    #expect(Senders.all.filter { $0.startedStatus != 202 }.map(\.name) == ["slack", "woocommerce"])
    #expect(Senders.all.allSatisfy { [200, 202].contains($0.startedStatus) })
  }

  @Test("WooCommerce's unsigned ping is known as such, and nothing else is")
  func ping() {
    let isPing = { (body: String, headers: Headers) in
      WooCommerce().isUnsignedPing(SignedRequest(headers: headers, body: Array(body.utf8), now: 0))
    }
    #expect(isPing("webhook_id=42", [:]))
    for body in ["webhook_id=", "webhook_id=4a", "webhook_id=4&x=1", "webhook_id=123456789012345678901", "", "x"] {
      #expect(!isPing(body, [:]), "\(body)")
    }
    #expect(!isPing("webhook_id=42", ["X-WC-Webhook-Signature": "x"]))
    for sender in Senders.all where sender.name != "woocommerce" {
      #expect(!sender.isUnsignedPing(SignedRequest(headers: [:], body: Array("webhook_id=42".utf8), now: 0)))
    }
  }

  @Test("Bitbucket Data Center's unsigned ping is known as such, and nothing else is")
  func testConnection() {
    let isPing = { (sender: Bitbucket, headers: Headers) in
      let request = SignedRequest(headers: headers, body: Array(#"{"test": true}"#.utf8), now: 0)
      // Whatever it is, it proves nothing.
      #expect(sender.check(request, secrets: [Secret("s")]) != .valid)
      return sender.isUnsignedPing(request)
    }
    let ping: Headers = ["X-Event-Key": "diagnostics:ping"]
    #expect(isPing(.dataCenter, ping))
    #expect(!isPing(.cloud, ping))
    #expect(!isPing(.dataCenter, ["X-Event-Key": "repo:refs_changed"]))
    #expect(!isPing(.dataCenter, ["X-Event-Key": "diagnostics:ping", "X-Hub-Signature": "sha256=00"]))
    #expect(!isPing(.dataCenter, Headers(ping.fields + ping.fields)))
    #expect(!isPing(.dataCenter, [:]))
  }

  @Test("WooCommerce's key is the secret with its character references undone, once")
  func entities() throws {
    let body = Array("{}".utf8)
    for (secret, key) in [
      ("a&amp;b", "a&b"), ("&lt;&gt;&quot;&#039;&#x27;&#39;", "<>\"'''"), ("&amp;lt;", "&lt;"),
      ("&eacute;&", "&eacute;&"),
      ("&#60;&#0062;&#x0026;", "<>&"),
    ] {
      let request = SignedRequest(headers: ["X-WC-Webhook-Signature": try hmac(body, key: key)], body: body, now: 0)
      #expect(WooCommerce().check(request, secrets: [Secret(secret)]) == .valid, "\(secret)")
    }
  }

  @Test("Twilio: of a repeated parameter each value counts once, in order, whatever the order they came in")
  func repeated() throws {
    let sender = Twilio()
    let secrets = [Secret("12345")]
    var request = SignedRequest(
      headers: [:], body: Array("b=2&a=x&b=1&b=2".utf8), url: "https://a.example/x?q=1", now: 0)
    request.headers = try #require(sender.headers(signing: request, event: "", id: "i", secret: secrets[0]))
    request.body = Array("a=x&b=1&b=2".utf8)
    #expect(sender.check(request, secrets: secrets) == .valid)
    request.body = []
    request.options.parameters = [
      .init(name: "b", value: "2"), .init(name: "b", value: "1"), .init(name: "a", value: "x"),
    ]
    #expect(sender.check(request, secrets: secrets) == .valid)
    request.options.parameters?.append(.init(name: "b", value: "3"))
    #expect(sender.check(request, secrets: secrets) != .valid)
  }

  @Test("Twilio: the address counts as written, but for its port; without one nothing holds")
  func address() throws {
    let sender = Twilio()
    let secrets = [Secret("12345")]
    let signed = { (url: String, checkedAs: String?) in
      var request = SignedRequest(headers: [:], body: Array("a=1".utf8), url: url, now: 0)
      request.headers = try #require(sender.headers(signing: request, event: "", id: "i", secret: secrets[0]))
      request.url = checkedAs
      return sender.check(request, secrets: secrets) == .valid
    }
    #expect(try signed("https://[2001:db8::1]/x", "https://[2001:db8::1]:443/x"))
    #expect(try signed("https://u:p@a.example:443?x=/:1", "https://u:p@a.example?x=/:1"))
    #expect(try signed("HTTP://A.example:80/", "HTTP://A.example/"))
    #expect(try !signed("https://a.example:80/", "https://a.example/"))
    #expect(try !signed("https://a.example/x/", "https://a.example/x"))
    #expect(try !signed("https://a.example/%41", "https://a.example/A"))
    #expect(try !signed("https://a.example/", nil))
  }

  @Test("Twilio: a body that is no form needs its hash in the address")
  func bodyHash() throws {
    let sender = Twilio()
    let url = "https://a.example/x"
    var request = SignedRequest(headers: [:], body: [], url: url, now: 0)
    request.headers = try #require(sender.headers(signing: request, event: "", id: "i", secret: Secret("s")))
    let signature = try #require(request.headers["X-Twilio-Signature"])
    request.headers = ["Content-Type": "application/json", "X-Twilio-Signature": signature]
    #expect(sender.check(request, secrets: [Secret("s")]) == .valid)
    request.body = Array("{}".utf8)
    #expect(sender.check(request, secrets: [Secret("s")]) != .valid)
  }

  @Test("Twilio: a fragment of the address is signed along, and belongs to no parameter")
  func fragment() throws {
    let sender = Twilio()
    let body = Array("{}".utf8)
    // Of the two bytes, by sha256sum(1).
    let hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    let checks = { (url: String) in
      var request = SignedRequest(headers: ["Content-Type": "application/json"], body: body, url: url, now: 0)
      let code = try run(["openssl", "dgst", "-sha1", "-hmac", "s", "-binary"], input: Array(url.utf8)).stdout
      request.headers.append("X-Twilio-Signature", Data(code).base64EncodedString())
      return sender.check(request, secrets: [Secret("s")]) == .valid
    }
    #expect(try checks("https://a.example/x?bodySHA256=\(hash)"))
    #expect(try checks("https://a.example/x?bodySHA256=\(hash)#rc=3&rp=all"))
    #expect(try checks("https://a.example/x?q=1&bodySHA256=\(hash)#rc=3"))
    #expect(try !checks("https://a.example/x#?bodySHA256=\(hash)"))
  }

  @Test("Shopify's old and new header names must agree; a test notification is told as one")
  func shopify() throws {
    let body = Array("{}".utf8)
    let right = try hmac(body, key: "s")
    var request = SignedRequest(headers: ["Shopify-Hmac-Sha256": right], body: body, now: 0)
    #expect(Shopify().check(request, secrets: [Secret("s")]) == .valid)
    request.headers.append("X-Shopify-Hmac-Sha256", right)
    #expect(Shopify().check(request, secrets: [Secret("s")]) == .valid)
    request.headers = ["Shopify-Hmac-Sha256": right, "X-Shopify-Hmac-Sha256": try hmac(body, key: "t")]
    guard case .ambiguous = Shopify().check(request, secrets: [Secret("s")]) else {
      Issue.record("not ambiguous")
      return
    }
    request.headers = ["X-Shopify-Topic": "orders/create", "X-Shopify-Test": "true", "X-Shopify-Webhook-Id": "w"]
    let meaning = try Shopify().meaning(of: request)
    #expect(meaning.event == "orders/create" && meaning.id == "w" && meaning.ignored == "test notification")
    #expect(meaning.isGreeting)
  }

  @Test("Stripe: two times in one header are ambiguous; the id and the event stand in the body")
  func stripe() throws {
    let body = Array(#"{"id": "evt_1", "type": "invoice.paid"}"#.utf8)
    var request = SignedRequest(headers: [:], body: body, now: 1_700_000_000)
    request.headers = try #require(Stripe().headers(signing: request, event: "", id: "", secret: Secret("whsec_x")))
    let meaning = try Stripe().meaning(of: request)
    #expect(meaning.id == "evt_1" && meaning.event == "invoice.paid")
    let value = try #require(request.headers["Stripe-Signature"])
    request.headers = ["Stripe-Signature": value + ",t=1700000001"]
    guard case .ambiguous = Stripe().check(request, secrets: [Secret("whsec_x")]) else {
      Issue.record("not ambiguous")
      return
    }
  }

  @Test("Svix: one brand's headers do not stand in for the other's, and both must agree")
  func svix() throws {
    let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    var request = SignedRequest(headers: [:], body: [], now: 1_700_000_000)
    let own = try #require(StandardWebhooks.svix.headers(signing: request, event: "", id: "m", secret: secret))
    request.headers = Headers(own.fields.filter { $0.name != "svix-id" } + [.init(name: "webhook-id", value: "m")])
    #expect(StandardWebhooks.svix.check(request, secrets: [secret]) != .valid)
    request.headers = Headers(own.fields + [.init(name: "webhook-id", value: "m")])
    #expect(StandardWebhooks.svix.check(request, secrets: [secret]) == .valid)
    request.headers = Headers(own.fields + [.init(name: "webhook-id", value: "n")])
    guard case .ambiguous = StandardWebhooks.svix.check(request, secrets: [secret]) else {
      Issue.record("not ambiguous")
      return
    }
    #expect(
      StandardWebhooks.standard.check(SignedRequest(headers: own, body: [], now: request.now), secrets: [secret])
        != .valid)
  }

  @Test("Standard Webhooks: a captured delivery cannot be put together anew with its time in the id")
  func split() throws {
    let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    let senders: [(sender: any Sender, brand: String)] = [
      (StandardWebhooks.standard, "webhook"), (StandardWebhooks.svix, "svix"), (GitLab(), "webhook"),
    ]
    for (sender, brand) in senders {
      let accepts = { (id: String) in
        var request = SignedRequest(headers: [:], body: Array("{}".utf8), now: 1_700_000_000)
        request.headers = try #require(sender.headers(signing: request, event: "push", id: id, secret: secret))
        return sender.check(request, secrets: [secret])
      }
      for id in ["m.1700000000", "m.n.1699999700", ".1700000300"] {
        guard case .invalid(let reason) = try accepts(id) else {
          Issue.record("\(sender.name) accepted \(id)")
          continue
        }
        #expect(reason.hasPrefix("the id ends in a dot and a time"))
      }
      for id in ["1700000000", "m.1x", "1.m", "m.", "m.n.1", "1.2.3", "1700000000.123456"] {
        #expect(try accepts(id) == .valid, "\(sender.name), \(id)")
      }

      // The text that is signed is the same, to the byte.
      var captured = SignedRequest(headers: [:], body: Array("1700000900.x".utf8), now: 1_700_000_000)
      let headers = try #require(sender.headers(signing: captured, event: "push", id: "m", secret: secret))
      captured.headers = [
        "\(brand)-id": "m.1700000000", "\(brand)-timestamp": "1700000900",
        "\(brand)-signature": try #require(headers["\(brand)-signature"]),
      ]
      captured.body = Array("x".utf8)
      captured.now += 900
      #expect(sender.check(captured, secrets: [secret]) != .valid, "\(sender.name)")
    }
  }

  @Test("generic senders: the header, the algorithm and the encoding are configurable")
  func generic() throws {
    let body = Array("x".utf8)
    let hex = try opensslHMAC(body, key: "s")
    var request = SignedRequest(headers: ["X-Sig": "sha256=" + hex, "X-Id": "i"], body: body, now: 0)
    request.options = SenderOptions(signatureHeader: "x-sig", idHeader: "X-Id")
    let check = { GenericHMAC().check(request, secrets: [Secret("s")]) == .valid }
    #expect(check())
    #expect(try GenericHMAC().meaning(of: request).id == "i")
    request.options.encoding = .base64
    #expect(!check())
    request.headers = ["X-Sig": try hmac(body, key: "s")]
    #expect(check())
    request.options.algorithm = .sha512
    #expect(!check())
    request.headers = try #require(GenericHMAC().headers(signing: request, event: "", id: "", secret: Secret("s")))
    #expect(check())
    let bearer = { (headers: Headers, header: String?) in
      GenericBearer().check(
        SignedRequest(headers: headers, body: [], now: 0, options: SenderOptions(signatureHeader: header)),
        secrets: [Secret("token")]) == .valid
    }
    #expect(bearer(["Authorization": "bearer token"], nil))
    #expect(!bearer(["Authorization": "token"], nil))
    #expect(!bearer(["Authorization": "Bearer  token"], nil))
    #expect(bearer(["X-Token": "token"], "X-Token"))
    #expect(!bearer(["Authorization": "Bearer token"], "X-Token"))
  }

  @Test("generic-hmac takes upper-case digits, all of them or none; senders with a name take none")
  func upperCase() throws {
    let body = Array("x".utf8)
    let hex = try opensslHMAC(body, key: "s")
    let accepts = { (sender: any Sender, header: String, value: String) in
      sender.check(SignedRequest(headers: [header: value], body: body, now: 0), secrets: [Secret("s")]) == .valid
    }
    let upper = hex.uppercased()
    let mixed = String(upper.prefix(32) + hex.dropFirst(32))
    for prefix in ["", "sha256="] {
      #expect(accepts(GenericHMAC(), "X-Signature", prefix + hex))
      #expect(accepts(GenericHMAC(), "X-Signature", prefix + upper))
      #expect(!accepts(GenericHMAC(), "X-Signature", prefix + mixed))
    }
    #expect(!accepts(GenericHMAC(), "X-Signature", "SHA256=" + upper))
    #expect(accepts(GitHub(), "X-Hub-Signature-256", "sha256=" + hex))
    #expect(!accepts(GitHub(), "X-Hub-Signature-256", "sha256=" + upper))
  }

  @Test("Pingdom signs nothing: only a long token in the path counts")
  func pingdom() {
    let accepts = { (url: String?, token: String) in
      Pingdom().check(SignedRequest(headers: [:], body: [], url: url, now: 0), secrets: [Secret(token)]) == .valid
    }
    let token = "0123456789abcdef"
    #expect(accepts("https://a.example/webhook/pingdom/\(token)", token))
    #expect(accepts("/webhook/pingdom/\(token)?x=1", token))
    #expect(!accepts("/webhook/pingdom/\(token)/", token))
    #expect(!accepts("/webhook/pingdom?x=/\(token)", token))
    #expect(!accepts("/webhook/pingdom", "pingdom"))
    #expect(!accepts(nil, token))
  }
}
