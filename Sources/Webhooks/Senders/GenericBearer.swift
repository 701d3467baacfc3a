import FoundationEssentials
public import Model

/// Any service that sends a secret along: `Authorization: Bearer …` (RFC 6750, section 2.1), or alone in a header
/// that it names.
///
/// Read from `SenderOptions`: `signatureHeader` and `idHeader`. Such a token protects neither the body nor against
/// repetition; it is for senders that can do nothing better, over HTTPS.
public struct GenericBearer: Sender {
  public let name = "generic-bearer"

  public let optionKeys: Set<SenderOptions.Key> = [.signatureHeader, .idHeader]

  public init() {}

  public func secretHeaders(_ options: SenderOptions) -> [String] { [options.signatureHeader ?? "Authorization"] }

  /// An id is shown and kept, a token must not be.
  public func complaints(about settings: SourceSettings) -> [SourceComplaint] {
    guard let id = settings.options.idHeader?.lowercased(),
      secretHeaders(settings.options).contains(where: { $0.lowercased() == id })
    else { return [] }
    return [
      SourceComplaint(
        "id_header", "names the header of the token as that of the id, which every listing would show",
        suggestion: "name another header, or none")
    ]
  }

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      guard let header = request.options.signatureHeader, header.lowercased() != "authorization" else {
        let value = try request.headers.signed("Authorization").utf8
        // The word is the same in any case (RFC 9110, section 11.1).
        guard String(value.prefix(7))?.lowercased() == "bearer " else {
          throw .invalid("Authorization is not `Bearer` and a token")
        }
        return SharedToken.check(value.dropFirst(7), secrets: secrets)
      }
      return SharedToken.check(try request.headers.signed(header).utf8, secrets: secrets)
    }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    .event(nil, id: request.options.idHeader.flatMap { DeliveryID.read(request.headers, [$0]) })
  }

  /// It stands in a header that only the options name.
  public func id(of headers: Headers) -> String? { nil }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    var headers: Headers = ["Content-Type": "application/json"]
    if let header = request.options.signatureHeader, header.lowercased() != "authorization" {
      headers.append(header, secret.text)
    } else {
      headers.append("Authorization", "Bearer \(secret.text)")
    }
    if let name = request.options.idHeader { headers.append(name, id) }
    return headers
  }
}
