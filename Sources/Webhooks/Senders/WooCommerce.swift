public import Model

/// WooCommerce: base64 of an HMAC-SHA256 over the raw body.
///
/// The key is the secret after WordPress has undone its HTML character references. When a hook is saved WooCommerce
/// posts an unsigned `webhook_id=N` and keeps the hook only where that is answered with exactly 200; after more than
/// five failed deliveries it switches the hook off.
public struct WooCommerce: Sender {
  public let name = "woocommerce"
  public let startedStatus = 200

  public init() {}

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      let header = "X-WC-Webhook-Signature"
      if isUnsignedPing(request) { throw .invalid("it is WooCommerce's unsigned ping: answered, and nothing more") }
      let keys = HMACCheck.keys(secrets).map(HTMLEntities.decoded)
      return try BodySignature.check(
        try request.headers.signed(header).utf8, header: header, body: request.body, keys: keys)
    }
  }

  public func isUnsignedPing(_ request: SignedRequest) -> Bool {
    guard request.headers[all: "X-WC-Webhook-Signature"].isEmpty, request.body.starts(with: "webhook_id=".utf8) else {
      return false
    }
    let number = request.body.dropFirst(11)
    return (1...20).contains(number.count) && number.allSatisfy { (0x30...0x39).contains($0) }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    if isUnsignedPing(request) { return .greeting("ping", id: nil, "ping") }
    let topic = try EventName.read(request.headers, ["X-WC-Webhook-Topic"])
    return .event(topic, id: id(of: request.headers))
  }

  public func id(of headers: Headers) -> String? { DeliveryID.read(headers, ["X-WC-Webhook-Delivery-ID"]) }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    [
      "Content-Type": "application/json", "X-WC-Webhook-Topic": event, "X-WC-Webhook-Delivery-ID": id,
      "X-WC-Webhook-Signature": BodySignature.sign(request.body, key: HTMLEntities.decoded(secret.bytes)),
    ]
  }
}
