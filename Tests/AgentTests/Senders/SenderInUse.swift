import Agent
import Foundation
import Model
import Testing
import Webhooks

/// One sender of the table as a configured source, and what it would post there.
struct SenderInUse: CustomTestStringConvertible, Sendable {
  let name: String
  var body: String
  var options = SenderOptions()

  /// Good for every sender: a key for those that want base64, and letters enough for a part of an address.
  static let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
  static let newSecret = Secret("whsec_C2FVsBQIhrscChlQIMVxb5sSYspob7oD")

  static let all = [
    SenderInUse(name: "github", body: push), SenderInUse(name: "gitlab", body: gitLabPush),
    SenderInUse(name: "gitea", body: push), SenderInUse(name: "forgejo", body: push),
    SenderInUse(name: "gogs", body: push), SenderInUse(name: "bitbucket", body: bitbucketPush),
    SenderInUse(
      name: "bitbucket-server", body: #"{"repository": {"slug": "s", "project": {"key": "A"}}, "changes": []}"#),
    SenderInUse(name: "stripe", body: #"{"id": "evt_1", "type": "invoice.paid"}"#),
    SenderInUse(
      name: "paypal", body: #"{"id": "WH-1", "event_type": "PAYMENT.SALE.COMPLETED"}"#,
      options: SenderOptions(webhookID: "W-1", clientID: "client")),
    SenderInUse(name: "slack", body: #"{"type": "event_callback", "event_id": "Ev1", "event": {"type": "x"}}"#),
    SenderInUse(name: "shopify", body: #"{"id": 1}"#), SenderInUse(name: "woocommerce", body: #"{"id": 1}"#),
    SenderInUse(name: "twilio", body: "From=%2B1555&Body=deploy"),
    SenderInUse(
      name: "pingdom",
      body: #"{"check_id": 7, "check_type": "HTTP", "current_state": "DOWN", "state_changed_timestamp": 17}"#),
    SenderInUse(name: "standard-webhooks", body: #"{"type": "order.paid"}"#),
    SenderInUse(name: "svix", body: #"{"type": "order.paid"}"#),
    SenderInUse(
      name: "generic-hmac", body: "anything",
      options: SenderOptions(signatureHeader: "X-Sum", idHeader: "X-Id", algorithm: .sha512, encoding: .base64)),
    SenderInUse(name: "generic-bearer", body: "anything", options: SenderOptions(idHeader: "X-Id")),
  ]

  static func named(_ name: String) throws -> SenderInUse { try #require(all.first { $0.name == name }) }

  /// What proves it says nothing about the body.
  var signsBody: Bool { !["pingdom", "generic-bearer"].contains(name) }
  /// Those that sign a time.
  static let timed = all.filter { ["gitlab", "stripe", "slack", "standard-webhooks", "svix"].contains($0.name) }

  var testDescription: String { name }

  func rules(secrets: [Secret] = [secret], tolerance: Double? = nil) throws -> Ruleset {
    let sender = try #require(Senders.named(name))
    var rules = someRules([])
    rules.sources = [
      name: Source(name: name, sender: sender, secrets: secrets, options: options, tolerance: tolerance)
    ]
    return rules
  }

  /// A delivery as the sender would post it at `now`, with the header fields of a retry where it is one.
  func delivery(
    secret: Secret = secret, now: Double = Date().timeIntervalSince1970, query: String? = nil, isRetry: Bool = false
  ) throws -> HookRequest {
    var request = HookRequest(
      source: name, query: query, headers: [:], body: Array(body.utf8), address: "192.0.2.7")
    switch name {
    case "paypal": request.headers = payPalHeaders
    case "pingdom":
      request.token = secret.text
      request.headers = ["Content-Type": "application/json", "X-Forwarded-Uri": "/webhook/pingdom/\(secret.text)"]
    default:
      let url = "https://deploy.example.com/webhook/\(name)" + (query.map { "?\($0)" } ?? "")
      let signed = SignedRequest(headers: [:], body: request.body, url: url, now: now, options: options)
      let sender = try #require(Senders.named(name))
      request.headers = try #require(sender.headers(signing: signed, event: "push", id: "d-1", secret: secret))
    }
    if isRetry {
      request.headers.append("X-Slack-Retry-Num", "1")
      request.headers.append("X-Slack-Retry-Reason", "http_timeout")
    }
    return request
  }

  private var payPalHeaders: Headers {
    [
      "Content-Type": "application/json", "PAYPAL-TRANSMISSION-ID": "t-1",
      "PAYPAL-TRANSMISSION-TIME": "2026-11-23T10:00:00Z", "PAYPAL-TRANSMISSION-SIG": "c2lnbmF0dXJl",
      "PAYPAL-AUTH-ALGO": "SHA256withRSA", "PAYPAL-CERT-URL": "https://api.paypal.com/v1/notifications/certs/CERT-1",
    ]
  }

  /// PayPal's part: genuine is the body of this sender, for who has the client's secret.
  func service(secret: Secret = secret) -> StandInVerification {
    StandInVerification { [body] question in
      guard question.clientSecrets.contains(secret), question.clientID == "client", question.webhookID == "W-1" else {
        return .unavailable(reason: "another account")
      }
      return question.body == Array(body.utf8) ? .genuine : .forged(reason: "another body")
    }
  }

  private static let push = """
    {"ref": "refs/heads/main", "before": "\(otherCommit)", "after": "\(someCommit)", "pusher": {"name": "ada"},
     "repository": {"full_name": "acme/shop", "clone_url": "https://example.org/acme/shop.git"}}
    """
  private static let gitLabPush = """
    {"object_kind": "push", "ref": "refs/heads/main", "before": "\(otherCommit)", "after": "\(someCommit)",
     "project": {"path_with_namespace": "acme/shop", "git_http_url": "https://example.org/acme/shop.git"}}
    """
  private static let bitbucketPush = """
    {"repository": {"full_name": "acme/shop"}, "push": {"changes": []}}
    """
}
