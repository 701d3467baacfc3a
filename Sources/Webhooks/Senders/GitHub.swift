public import Model

/// GitHub, and GitHub Enterprise Server.
///
/// Follows "Validating webhook deliveries" and "Webhook events and payloads" of GitHub's documentation:
/// `X-Hub-Signature-256` over the raw body, also where the body is a form; the older SHA-1 header is not read.
/// There is no time in the signature, so a captured delivery can be posted again; it can only start what it
/// once started, and the id tells it apart while it is kept.
public struct GitHub: Sender {
  public let name = "github"
  public let jsonFormField: String? = "payload"

  public init() {}

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    let header = "X-Hub-Signature-256"
    let values = request.headers[all: header]
    guard let value = values.first else { return .invalid(reason: "the header \(header) is missing") }
    guard values.count == 1 else {
      return .ambiguous(reason: "the header \(header) was sent \(values.count) times")
    }
    guard let digest = HexDigest(prefixed: value) else {
      return .invalid(reason: "\(header) is not `sha256=` and 64 lower-case hexadecimal digits")
    }
    return HMACCheck.check(digest, over: request.body, secrets: secrets)
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    let contentType = try ContentType.read(request.headers)
    let event = try EventName.read(request.headers, ["X-GitHub-Event"])
    let id = id(of: request.headers)
    guard event == "push" else {
      return event == "ping" ? .greeting(event, id: id, "ping") : .notAPush(event, id: id)
    }
    let json =
      switch contentType {
      case .json: request.body
      case .form: try FormBody.value(of: "payload", in: request.body)
      }
    return try Payload.decode(PushPayload.self, from: json).meaning(id: id, event: event)
  }

  public func id(of headers: Headers) -> String? {
    DeliveryID.read(headers, ["X-GitHub-Delivery"])
  }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    [
      "Content-Type": "application/json",
      "X-GitHub-Event": event,
      "X-GitHub-Delivery": id,
      "X-Hub-Signature-256": "sha256=" + HexDigest(hmacOver: request.body, secret: secret).text,
    ]
  }
}
