public import Model

/// Bitbucket Cloud, and Bitbucket Data Center (once Server): one signature, two payloads.
///
/// Both sign the raw body with HMAC-SHA256 and say so in `X-Hub-Signature`, which at GitHub is the SHA-1 of old.
/// A hook without a secret is not signed; `X-Hook-UUID` names it and proves nothing. Data Center's "Test connection" is
/// never signed, whatever secret the hook has.
public struct Bitbucket: Sender {
  public static let cloud = Bitbucket(
    name: "bitbucket", pushEvent: "repo:push", idHeaders: ["X-Request-UUID", "X-Request-Id"])
  public static let dataCenter = Bitbucket(
    name: "bitbucket-server", pushEvent: "repo:refs_changed", idHeaders: ["X-Request-Id", "X-Request-UUID"])

  public let name: String
  private static let ping = "diagnostics:ping"

  private let pushEvent: String
  private let idHeaders: [String]

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      if isUnsignedPing(request) { throw .invalid("it is Bitbucket's unsigned ping: answered, and nothing more") }
      guard let digest = HexDigest(prefixed: try request.headers.signed("X-Hub-Signature")) else {
        throw .invalid("X-Hub-Signature is not `sha256=` and 64 lower-case hexadecimal digits")
      }
      return HMACCheck.check(digest, over: request.body, secrets: secrets)
    }
  }

  public func isUnsignedPing(_ request: SignedRequest) -> Bool {
    name == Bitbucket.dataCenter.name && request.headers["X-Event-Key"] == Bitbucket.ping
      && request.headers[all: "X-Hub-Signature"].isEmpty
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    _ = try ContentType.read(request.headers)
    let event = try EventName.read(request.headers, ["X-Event-Key"])
    let id = id(of: request.headers)
    guard event == pushEvent else {
      return event == Bitbucket.ping ? .greeting(event, id: id, "ping") : .notAPush(event, id: id)
    }
    return name == Bitbucket.cloud.name
      ? try Payload.decode(BitbucketPayload.self, from: request.body).meaning(id: id, event: event)
      : try Payload.decode(BitbucketServerPayload.self, from: request.body).meaning(id: id, event: event)
  }

  public func id(of headers: Headers) -> String? { DeliveryID.read(headers, idHeaders) }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    [
      "Content-Type": "application/json",
      "X-Event-Key": event == "push" ? pushEvent : event,
      idHeaders[0]: id,
      "X-Hub-Signature": "sha256=" + HexDigest(hmacOver: request.body, secret: secret).text,
    ]
  }
}
