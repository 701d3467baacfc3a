import FoundationEssentials
public import Model

/// GitLab: GitLab.com, self-managed, project, group and system hooks.
///
/// Follows "Webhooks" and "Webhook events" of GitLab's documentation. There are two ways to prove a delivery, and
/// what was sent decides which one counts: a signing token signs as Standard Webhooks do; the older secret token is
/// sent along in `X-Gitlab-Token`, which protects neither the body nor against repetition. Where a signature is
/// there it has to hold, and the token is not looked at: it is the weaker proof of the same. A source may list both
/// while its hooks change from the one to the other; as long as the secret token is listed, it alone lets in.
public struct GitLab: Sender {
  public let name = "gitlab"

  /// For signing tokens.
  public let optionKeys: Set<SenderOptions.Key> = [.tolerance]

  public init() {}

  public func secretHeaders(_ options: SenderOptions) -> [String] { ["X-Gitlab-Token"] }

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      if let list = try request.headers.signedIfSent(["webhook-signature"]) {
        return try StandardSignature(
          id: try request.headers.signed("webhook-id"), timestamp: try request.headers.signed("webhook-timestamp"),
          list: list
        ).check(request, secrets: secrets)
      }
      return SharedToken.check(try request.headers.signed("X-Gitlab-Token").utf8, secrets: secrets)
    }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    _ = try ContentType.read(request.headers)
    guard let event = try Payload.decode(GitLabEvent.self, from: request.body).name else {
      throw .body("The payload has neither `object_kind` nor `event_name`, so it is not known what happened.")
    }
    let id = id(of: request.headers)
    guard event == "push" || event == "tag_push" else {
      return .notAPush(BoundedText.line(event, limit: 64), id: id)
    }
    return try Payload.decode(GitLabPayload.self, from: request.body).meaning(id: id, event: event)
  }

  /// `webhook-id` is signed and the same as `Idempotency-Key`, which stays the same when a delivery is sent again.
  /// `X-Gitlab-Event-UUID` is shared with hooks that the event set off, so it is asked last.
  public func id(of headers: Headers) -> String? {
    DeliveryID.read(headers, ["webhook-id", "Idempotency-Key", "X-Gitlab-Event-UUID"])
  }

  /// With a `whsec_` secret signed, with any other one sent along.
  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    var headers: Headers = [
      "Content-Type": "application/json", "Idempotency-Key": id,
      "X-Gitlab-Event": event == "tag_push" ? "Tag Push Hook" : "Push Hook",
    ]
    guard secret.bytes.starts(with: "whsec_".utf8) else {
      headers.append("X-Gitlab-Token", secret.text)
      return headers
    }
    let timestamp = String(Int(request.now))
    guard let list = StandardSignature.sign(id: id, timestamp: timestamp, body: request.body, secret: secret) else {
      return nil
    }
    headers.append("webhook-id", id)
    headers.append("webhook-timestamp", timestamp)
    headers.append("webhook-signature", list)
    return headers
  }
}
