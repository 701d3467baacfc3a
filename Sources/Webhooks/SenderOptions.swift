/// What some senders must be told besides the secrets; each says which of these it reads.
public struct SenderOptions: Sendable, Hashable {
  public enum Algorithm: String, Sendable, CaseIterable {
    case sha256, sha512
  }

  public enum Encoding: String, Sendable, CaseIterable {
    case hex, base64
  }

  public struct Parameter: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// `generic-hmac`, `generic-bearer`: the header with the signature or the token, where it is not the usual one.
  public var signatureHeader: String?
  /// `generic-hmac`, `generic-bearer`: the header with the id of the delivery; without it there is none.
  public var idHeader: String?
  /// `generic-hmac`: the hash function.
  public var algorithm: Algorithm
  /// `generic-hmac`: how the signature is written; `nil`: either, for they differ in length.
  public var encoding: Encoding?
  /// `twilio`: the decoded form parameters, instead of those in the body.
  public var parameters: [Parameter]?
  /// `paypal`: the id that PayPal gave to the webhook.
  public var webhookID: String?
  /// `paypal`: certificates in PEM, the signer's first, then each one's issuer; the last of them is trusted.
  public var certificates: [String]

  public init(
    signatureHeader: String? = nil, idHeader: String? = nil, algorithm: Algorithm = .sha256,
    encoding: Encoding? = nil, parameters: [Parameter]? = nil, webhookID: String? = nil, certificates: [String] = []
  ) {
    self.signatureHeader = signatureHeader
    self.idHeader = idHeader
    self.algorithm = algorithm
    self.encoding = encoding
    self.parameters = parameters
    self.webhookID = webhookID
    self.certificates = certificates
  }
}
