import FoundationEssentials
public import Model

/// Senders that follow the Standard Webhooks specification, and Svix, which it comes from.
///
/// Svix names its headers `svix-*`; it also posts as `webhook-*`, which its own libraries accept as well. Where it
/// sends both, they must agree.
public struct StandardWebhooks: Sender {
  public static let standard = StandardWebhooks(name: "standard-webhooks", brands: ["webhook"])
  public static let svix = StandardWebhooks(name: "svix", brands: ["svix", "webhook"])

  public let name: String
  /// What the names of the headers begin with, the sender's own first.
  private let brands: [String]

  public let optionKeys: Set<SenderOptions.Key> = [.tolerance]

  public func complaint(about secret: Secret) -> String? {
    StandardSignature.isKey(secret) ? nil : "is no key: `whsec_` or `whpk_` and base64"
  }

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      try StandardSignature(
        id: try header("id", request), timestamp: try header("timestamp", request),
        list: try header("signature", request)
      ).check(request, secrets: secrets)
    }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    // The specification recommends a JSON body with a `type` and demands neither.
    let type = (try? Payload.decode(EventPayload.self, from: request.body))?.type
    return .event(type, id: id(of: request.headers))
  }

  public func id(of headers: Headers) -> String? {
    DeliveryID.read(headers, brands.map { "\($0)-id" })
  }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    let timestamp = String(Int(request.now))
    let signature = StandardSignature.sign(id: id, timestamp: timestamp, body: request.body, secret: secret)
    return signature.map {
      [
        "Content-Type": "application/json", "\(brands[0])-id": id, "\(brands[0])-timestamp": timestamp,
        "\(brands[0])-signature": $0,
      ]
    }
  }

  private func header(_ part: String, _ request: SignedRequest) throws(Refusal) -> String {
    // One brand signs as a whole: a header of the other does not stand in for one that is missing.
    let isSent = { (brand: String) in
      ["id", "timestamp", "signature"].contains { !request.headers[all: "\(brand)-\($0)"].isEmpty }
    }
    let brand = brands.first(where: isSent) ?? brands[0]
    let value = try request.headers.signed("\(brand)-\(part)")
    _ = try request.headers.signedIfSent(brands.map { "\($0)-\(part)" })
    return value
  }
}
