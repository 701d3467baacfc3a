import Crypto
import FoundationEssentials
public import Model

/// Slack: the Events API, slash commands and interactions, signed over `v0:timestamp:body`.
///
/// Follows "Verifying requests from Slack". When an address is entered for the Events API, Slack first posts a
/// challenge, signed like all else, and wants it back. What it posts again has a retry number and the same `event_id`.
/// The address of a slash command it tries now and then with a form that has `ssl_check` in it. Slash commands and
/// interactions have a `trigger_id` each, so the same request is known again.
public struct Slack: Sender {
  public let name = "slack"
  public let jsonFormField: String? = "payload"
  /// It tells the person who pressed a button of any other one as of a failure.
  public let startedStatus = 200

  public let optionKeys: Set<SenderOptions.Key> = [.tolerance]

  public init() {}

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      let signature = try request.headers.signed("X-Slack-Signature")
      let time = try request.headers.signed("X-Slack-Request-Timestamp")
      guard signature.utf8.starts(with: "v0=".utf8), let digest = HexDigest(signature.utf8.dropFirst(3)) else {
        throw .invalid("X-Slack-Signature is not `v0=` and 64 lower-case hexadecimal digits")
      }
      try SignedTime.check(time, request)
      return HMACCheck.check(
        [digest.bytes], over: [Array("v0:\(time):".utf8), request.body], keys: HMACCheck.keys(secrets),
        SHA256.self)
    }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    switch try ContentType.read(request.headers) {
    case .form:
      return formMeaning(request.body)
    case .json:
      let payload = try Payload.decode(SlackPayload.self, from: request.body)
      guard payload.type == "url_verification" else {
        return .event(payload.event?.type ?? payload.type, id: DeliveryID.read(payload.eventID))
      }
      guard let challenge = payload.challenge, challenge.utf8.count <= 1024 else {
        throw .body("The payload has no `challenge` of at most 1024 bytes.")
      }
      var meaning = Meaning.greeting("url_verification", id: nil, "challenge answered")
      meaning.reply = .json(try SlackChallenge(challenge: challenge).json())
      return meaning
    }
  }

  private func formMeaning(_ form: [UInt8]) -> Meaning {
    let field = { (name: String) in try? FormBody.value(of: name, in: form) }
    if field("ssl_check") != nil { return .greeting("ssl_check", id: nil, "ssl check") }
    if field("command") != nil {
      let id = field("trigger_id").map { String(decoding: $0, as: UTF8.self) }
      var meaning = Meaning.event("slash_command", id: DeliveryID.read(id))
      meaning.reply = .text
      return meaning
    }
    // Interactions have their JSON in `payload`.
    let payload = field("payload").flatMap { try? Payload.decode(SlackPayload.self, from: $0) }
    return .event(payload?.type, id: DeliveryID.read(payload?.triggerID))
  }

  /// It stands in the body.
  public func id(of headers: Headers) -> String? { nil }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    let time = String(Int(request.now))
    let digest = HexDigest(hmacOver: Array("v0:\(time):".utf8), request.body, secret: secret)
    // Events are JSON; slash commands and interactions are forms.
    let type = request.body.first == UInt8(ascii: "{") ? "application/json" : "application/x-www-form-urlencoded"
    return [
      "Content-Type": type, "X-Slack-Request-Timestamp": time, "X-Slack-Signature": "v0=" + digest.text,
    ]
  }
}
