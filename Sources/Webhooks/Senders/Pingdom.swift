public import Model

/// Pingdom, which signs nothing.
///
/// All that can prove a delivery is a long random token as the last part of the address that was entered there. Such
/// an address shows in settings pages and in proxies' logs, so the token has to be of at least 16 bytes, and nothing
/// may show the address. This version's endpoint takes no token in its path, so there it lets nobody in.
public struct Pingdom: Sender {
  public let name = "pingdom"

  /// 128 bits.
  private static let shortest = 16

  public init() {}

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
