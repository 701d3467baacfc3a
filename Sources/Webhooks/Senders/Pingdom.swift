public import Model

/// Pingdom, which signs nothing.
///
/// All that can prove a delivery is a long random token as the last part of the address that was entered there. Such
/// an address shows in settings pages and in proxies' logs, so the token has to be of at least 16 bytes, nothing here
/// shows it, and the source must say from which addresses it may come.
public struct Pingdom: Sender {
  public let name = "pingdom"

  /// 128 bits.
  private static let shortest = 16

  public let takesToken = true

  public init() {}

  /// It is compared as it stands in the address, so nothing in it may need an escape there (RFC 3986, section 2.3).
  public func complaint(about secret: Secret) -> String? {
    guard secret.bytes.count >= Pingdom.shortest else {
      return "has only \(secret.bytes.count) bytes, and nothing else proves a delivery: "
        + "it must have at least \(Pingdom.shortest) (128 bits), better 32 random ones"
    }
    guard secret.bytes.count <= 256, secret.bytes.allSatisfy(Pingdom.isUnreserved) else {
      return "must be at most 256 letters, digits, `-`, `.`, `_` and `~`: it becomes a part of the address"
    }
    return nil
  }

  public func complaints(about settings: SourceSettings) -> [SourceComplaint] {
    guard !settings.keys.contains("allow") else { return [] }
    return [
      SourceComplaint(
        "allow", "has no `allow`: Pingdom signs nothing, so its addresses must be told",
        suggestion: "add `allow:` with the addresses that Pingdom publishes for its webhooks")
    ]
  }

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    let usable = secrets.filter { !$0.isBlank && $0.bytes.count >= Pingdom.shortest }
    guard !usable.isEmpty else {
      return .invalid(
        reason: "Pingdom signs nothing, and there is no token of at least \(Pingdom.shortest) bytes to ask for")
    }
    let path = request.url?.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    guard let token = path?.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last else {
      return .invalid(reason: "Pingdom signs nothing, and the address with the token that was posted to is not known")
    }
    return SharedToken.check(token, secrets: usable)
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    let payload = try Payload.decode(PingdomPayload.self, from: request.body)
    let id = payload.checkID.flatMap { check in payload.time.map { "\(check)-\($0)" } }
    return .event(payload.state ?? payload.type, id: DeliveryID.read(id))
  }

  /// It stands in the body.
  public func id(of headers: Headers) -> String? { nil }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? { nil }
}

/// The state change of a check.
private struct PingdomPayload: Decodable {
  var checkID: Int?
  var time: Int?
  var state: String?
  var type: String?

  enum CodingKeys: String, CodingKey {
    case checkID = "check_id"
    case time = "state_changed_timestamp"
    case state = "current_state"
    case type = "check_type"
  }
}
