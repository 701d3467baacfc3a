public import Model

/// Shopify: base64 of an HMAC-SHA256 over the raw body, with the app's client secret.
///
/// The headers are `X-Shopify-*`, in newer deliveries also without the `X-`; whichever are there must agree.
/// `X-Shopify-Test` marks the test notifications of the settings page.
public struct Shopify: Sender {
  public let name = "shopify"

  public init() {}

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      let header = "X-Shopify-Hmac-Sha256"
      let value = try request.headers.signed(header, "Shopify-Hmac-Sha256")
      // Some encoders end their lines; blanks around a value do not belong to it (RFC 9110, section 5.5).
      let isBlank = { (byte: UInt8) in [0x20, 0x09, 0x0a, 0x0d].contains(byte) }
      var text = value.utf8.drop(while: isBlank)
      while let last = text.last, isBlank(last) { text = text.dropLast() }
      return try BodySignature.check(text, header: header, body: request.body, keys: HMACCheck.keys(secrets))
    }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    let topic = try EventName.read(request.headers, ["X-Shopify-Topic", "Shopify-Topic"])
    let id = id(of: request.headers)
    let test = request.headers["X-Shopify-Test"] ?? request.headers["Shopify-Test"]
    return test?.lowercased() == "true" ? .greeting(topic, id: id, "test notification") : .event(topic, id: id)
  }

  public func id(of headers: Headers) -> String? {
    DeliveryID.read(headers, ["X-Shopify-Webhook-Id", "Shopify-Webhook-Id", "X-Shopify-Event-Id", "Shopify-Event-Id"])
  }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    [
      "Content-Type": "application/json", "X-Shopify-Topic": event, "X-Shopify-Webhook-Id": id,
      "X-Shopify-Hmac-Sha256": BodySignature.sign(request.body, key: secret.bytes),
    ]
  }
}
