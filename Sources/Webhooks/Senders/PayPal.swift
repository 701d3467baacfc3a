import FoundationEssentials
public import Model

/// PayPal, checked offline with a certificate that was put down beforehand.
///
/// Follows "Integrate webhooks" of PayPal's documentation: RSA with SHA-256 over `id|time|webhook id|CRC-32 of the
/// body`. That says little about the body: whoever holds one genuine delivery can make another body of the same
/// CRC-32. Only PayPal's own verify endpoint, which this does not ask, proves the body; so this is for looking at
/// stored requests, and for those who ask for it. What is not a JSON event is refused here, which takes the room from
/// the simplest forgeries and no more. The header with the certificate's address is checked and never fetched.
///
/// Read from `SenderOptions`: `webhookID` and `certificates`. There are no secrets.
public struct PayPal: Sender {
  public let name = "paypal"

  public init() {}

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      let headers = request.headers
      let id = try headers.signed("PAYPAL-TRANSMISSION-ID")
      let time = try headers.signed("PAYPAL-TRANSMISSION-TIME")
      let signature = try headers.signed("PAYPAL-TRANSMISSION-SIG")
      guard try headers.signed("PAYPAL-AUTH-ALGO") == "SHA256withRSA" else {
        throw .invalid("PAYPAL-AUTH-ALGO is not SHA256withRSA")
      }
      guard PayPalHost.isAddress(try headers.signed("PAYPAL-CERT-URL")) else {
        throw .invalid("PAYPAL-CERT-URL is not an https address of PayPal's")
      }
      guard !id.utf8.contains(UInt8(ascii: "|")), !time.utf8.contains(UInt8(ascii: "|")) else {
        throw .invalid("a signed header contains the sign that separates them")
      }
      guard let webhookID = request.options.webhookID, !webhookID.isEmpty else {
        throw .invalid("the webhook's id is signed along, and it is not known")
      }
      guard let code = Base64.canonical(signature.utf8) else {
        throw .invalid("PAYPAL-TRANSMISSION-SIG is not base64")
      }
      let certificates = try PayPalCertificates(pem: request.options.certificates)
      try certificates.check(now: request.now)
      guard (try? Payload.decode(PayPalPayload.self, from: request.body)) != nil else {
        throw .invalid("the body is no JSON event, and its CRC-32, which is all that is signed of it, proves nothing")
      }
      let text = "\(id)|\(time)|\(webhookID)|\(CRC32.of(request.body))"
      return certificates.isValidSignature(code, over: Array(text.utf8))
        ? .valid : .invalid(reason: HMACCheck.doesNotFit)
    }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    let payload = try Payload.decode(PayPalPayload.self, from: request.body)
    return .event(payload.eventType, id: id(of: request.headers))
  }

  public func id(of headers: Headers) -> String? { DeliveryID.read(headers, ["PAYPAL-TRANSMISSION-ID"]) }

  /// Only PayPal has the key.
  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? { nil }
}

private struct PayPalPayload: Decodable {
  var id: String
  var eventType: String

  enum CodingKeys: String, CodingKey {
    case id
    case eventType = "event_type"
  }
}
