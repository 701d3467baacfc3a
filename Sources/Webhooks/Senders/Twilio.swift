import Crypto
import FoundationEssentials
public import Model

/// Twilio: base64 of an HMAC-SHA1 over the public address and the form's parameters, with the account's auth token.
///
/// Follows "Webhooks security" of Twilio's documentation. The address is the one that Twilio posts to, as it is
/// written in its settings; behind a proxy only the configuration knows it. Where the body is no form, its SHA-256 is
/// a parameter of the address, and the address alone is signed.
public struct Twilio: Sender {
  public let name = "twilio"

  public init() {}

  public func complaints(about settings: SourceSettings) -> [SourceComplaint] {
    guard !settings.hasPublicURL else { return [] }
    return [
      SourceComplaint(
        "sender", "needs `public_url` at the top of the file: Twilio signs the address that it posts to",
        suggestion: "set public_url to what stands before /webhook/ in Twilio's settings: https://deploy.example.com")
    ]
  }

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      let header = "X-Twilio-Signature"
      guard let code = Base64.canonical(try request.headers.signed(header).utf8), code.count == 20 else {
        throw .invalid("\(header) is not 20 bytes in base64")
      }
      guard let url = request.url else {
        throw .invalid("the public address that was posted to is signed along, and it is not known (`public_url`)")
      }
      let parameters = try TwilioText.parameters(of: request, url: url)
      let keys = HMACCheck.keys(secrets)
      var check = SignatureCheck.invalid(reason: HMACCheck.noSecret)
      for spelling in TwilioText.spellings(of: url) {
        let answer = HMACCheck.check([code], over: [Array(spelling.utf8), parameters], keys: keys, Insecure.SHA1.self)
        if check != .valid { check = answer }
      }
      return check
    }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    .event(nil, id: id(of: request.headers))
  }

  public func id(of headers: Headers) -> String? { DeliveryID.read(headers, ["I-Twilio-Idempotency-Token"]) }

  /// The body is a form, unless the address has the hash of another one.
  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    var request = request
    request.headers = [
      "Content-Type": TwilioText.bodyHash(in: request.url ?? "") == nil
        ? "application/x-www-form-urlencoded" : "application/json",
      "I-Twilio-Idempotency-Token": id,
    ]
    guard let url = request.url, let parameters = try? TwilioText.parameters(of: request, url: url) else { return nil }
    let code = HMACCheck.code(over: [Array(url.utf8), parameters], key: secret.bytes, Insecure.SHA1.self)
    request.headers.append("X-Twilio-Signature", Base64.encode(Array(code)))
    return request.headers
  }
}
