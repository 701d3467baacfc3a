import FoundationEssentials
public import Model

/// PayPal, proved by its own verify endpoint, or offline with a certificate that was put down beforehand.
///
/// Follows "Integrate webhooks" and "Verify webhook signature" of PayPal's documentation. What is signed, RSA with
/// SHA-256 over `id|time|webhook id|CRC-32 of the body`, says little about the body: whoever holds one genuine delivery
/// can make another body of the same CRC-32. Only PayPal's endpoint, which is given the body itself, proves it. So
/// `check` looks at what needs nobody's help and leaves the rest undecided; offline it decides, for looking at stored
/// requests, and for those who ask for it. The header with the certificate's address is checked and never fetched.
///
/// Read from `SenderOptions`: `webhookID`, `verification`, `clientID` (with the client's secrets) or `certificates`.
public struct PayPal: Sender {
  public let name = "paypal"
  public let optionKeys: Set<SenderOptions.Key> = [.webhookID, .clientID, .verify, .certificates, .api]

  /// In bytes; PayPal's events are of a few thousand.
  private static let largestEvent = 1 << 20
  private static let longestHeader = 1024

  public init() {}

  public func needsSecrets(_ options: SenderOptions) -> Bool { options.verification == .endpoint }

  public func complaints(about settings: SourceSettings) -> [SourceComplaint] {
    let options = settings.options
    let needed: [(key: SenderOptions.Key, isThere: Bool, why: String)] =
      switch options.verification {
      case .endpoint:
        [
          (.webhookID, options.webhookID != nil, "the id that PayPal shows beside the webhook"),
          (.clientID, options.clientID != nil, "the client id of the application; `secrets` holds its secret"),
        ]
      case .offline:
        [
          (.webhookID, options.webhookID != nil, "the id that PayPal shows beside the webhook"),
          (.certificates, !options.certificates.isEmpty, "PEM files: PayPal's certificate and its issuers'"),
        ]
      }
    var complaints = needed.filter { !$0.isThere && !settings.keys.contains($0.key.rawValue) }.map {
      SourceComplaint($0.key.rawValue, "has no `\($0.key.rawValue)`", suggestion: "it is \($0.why)")
    }
    let idle = options.verification == .endpoint ? ["certificates"] : ["client_id", "api", "secrets"]
    complaints += idle.filter(settings.keys.contains).map {
      SourceComplaint(
        $0, "has `\($0)`, which is not read with `verify: \(options.verification.rawValue)`",
        suggestion: "remove it, or choose the other way to verify")
    }
    if options.verification == .offline, !options.certificates.isEmpty {
      do {
        _ = try PayPalCertificates(pem: options.certificates)
      } catch {
        complaints.append(
          SourceComplaint(
            "certificates", "has `certificates` that are no chain of RSA certificates in PEM",
            suggestion: "the signer's first, then each one's issuer"))
      }
    }
    return complaints
  }

  public func warning(_ options: SenderOptions) -> String? {
    guard options.verification == .offline else { return nil }
    return "PayPal signs only a CRC-32 of the body: with `verify: offline`, whoever recorded one delivery can make "
      + "others of it that are accepted"
  }

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      let signed = try Signed(request)
      switch request.options.verification {
      case .endpoint:
        guard request.body.count <= PayPal.largestEvent else {
          throw .invalid("the body is larger than any event of PayPal's")
        }
        try PayPal.checkEvent(request.body)
        return .undecided
      case .offline:
        let certificates = try PayPalCertificates(pem: request.options.certificates)
        try certificates.check(now: request.now)
        try PayPal.checkEvent(request.body)
        let text = "\(signed.id)|\(signed.time)|\(signed.webhookID)|\(CRC32.of(request.body))"
        return certificates.isValidSignature(signed.signature, over: Array(text.utf8))
          ? .valid : .invalid(reason: HMACCheck.doesNotFit)
      }
    }
  }

  /// Takes the room from the simplest forgeries; and a body that is one JSON value can be put into a question as it is.
  private static func checkEvent(_ body: [UInt8]) throws(Refusal) {
    guard (try? Payload.decode(PayPalPayload.self, from: body)) != nil else {
      throw .invalid("the body is no JSON event, and its CRC-32, which is all that is signed of it, proves nothing")
    }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    let payload = try Payload.decode(PayPalPayload.self, from: request.body)
    return .event(payload.eventType, id: id(of: request.headers))
  }

  public func id(of headers: Headers) -> String? { DeliveryID.read(headers, ["PAYPAL-TRANSMISSION-ID"]) }

  /// Only PayPal has the key.
  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? { nil }

  /// What is signed besides the body, once each, and of a form that PayPal could have sent.
  private struct Signed {
    let id: String
    let time: String
    let signature: [UInt8]
    let webhookID: String

    init(_ request: SignedRequest) throws(Refusal) {
      id = try Signed.header("PAYPAL-TRANSMISSION-ID", request)
      time = try Signed.header("PAYPAL-TRANSMISSION-TIME", request)
      let signature = try Signed.header("PAYPAL-TRANSMISSION-SIG", request)
      guard try Signed.header("PAYPAL-AUTH-ALGO", request) == "SHA256withRSA" else {
        throw .invalid("PAYPAL-AUTH-ALGO is not SHA256withRSA")
      }
      guard PayPalHost.isAddress(try Signed.header("PAYPAL-CERT-URL", request)) else {
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
      (self.signature, self.webhookID) = (code, webhookID)
    }

    private static func header(_ name: String, _ request: SignedRequest) throws(Refusal) -> String {
      let value = try request.headers.signed(name)
      guard (1...PayPal.longestHeader).contains(value.utf8.count) else {
        throw .invalid("the header \(name) is empty or longer than \(PayPal.longestHeader) bytes")
      }
      return value
    }
  }
}

private struct PayPalPayload: Decodable {
  var id: String
  var eventType: String

  enum CodingKeys: String, CodingKey {
    case id
    case eventType = "event_type"
  }
}
