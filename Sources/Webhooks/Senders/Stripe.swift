import Crypto
import FoundationEssentials
public import Model

/// Stripe: `Stripe-Signature: t=…,v1=…` over `t.body`.
///
/// Follows "Receive Stripe events in your webhook endpoint". The key is the whole `whsec_…` text; what other senders
/// take for a prefix belongs to it here. Several `v1` are sent while a secret is being changed; other schemes, such
/// as the test scheme `v0`, do not count.
public struct Stripe: Sender {
  public let name = "stripe"

  public let optionKeys: Set<SenderOptions.Key> = [.tolerance]

  public init() {}

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      let header = "Stripe-Signature"
      var time: String?
      var codes: [[UInt8]] = []
      for item in try request.headers.signed(header).split(separator: ",", omittingEmptySubsequences: false) {
        guard let equals = item.firstIndex(of: "=") else { throw .invalid("\(header) is not a list of `name=value`") }
        let value = item[item.index(after: equals)...]
        switch item[..<equals] {
        case "t":
          guard time == nil else { throw .ambiguous("\(header) gives more than one time") }
          time = String(value)
        case "v1":
          if let digest = HexDigest(value.utf8) { codes.append(digest.bytes) }
        default: continue
        }
      }
      guard let time else { throw .invalid("\(header) gives no time `t`") }
      guard !codes.isEmpty else { throw .invalid("\(header) has no `v1` of 64 lower-case hexadecimal digits") }
      guard codes.count <= 16 else { throw .invalid("\(header) has more than 16 signatures") }
      try SignedTime.check(time, request)
      return HMACCheck.check(
        codes, over: [Array("\(time).".utf8), request.body], keys: HMACCheck.keys(secrets), SHA256.self)
    }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    let payload = try Payload.decode(EventPayload.self, from: request.body)
    return .event(payload.type, id: DeliveryID.read(payload.id))
  }

  /// It stands in the body.
  public func id(of headers: Headers) -> String? { nil }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    let time = String(Int(request.now))
    let digest = HexDigest(hmacOver: Array("\(time).".utf8), request.body, secret: secret)
    return [
      "Content-Type": "application/json; charset=utf-8", "Stripe-Signature": "t=\(time),v1=\(digest.text)",
    ]
  }
}
