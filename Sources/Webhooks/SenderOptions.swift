/// What some senders must be told besides the secrets; each says in `Sender.optionKeys` which of these it reads.
public struct SenderOptions: Sendable, Hashable {
  /// The keys of a source in the configuration that only some senders read.
  public enum Key: String, Sendable, CaseIterable {
    case signatureHeader = "signature_header"
    case idHeader = "id_header"
    case algorithm
    case encoding
    case tolerance
    case webhookID = "webhook_id"
    case clientID = "client_id"
    case verify
    case certificates
    case api
  }

  public enum Algorithm: String, Sendable, CaseIterable {
    case sha256, sha512
  }

  public enum Encoding: String, Sendable, CaseIterable {
    case hex, base64
  }

  /// Who decides whether a delivery is genuine.
  public enum Verification: String, Sendable, CaseIterable {
    /// The sender's own service is asked.
    case endpoint
    /// What was put down beforehand.
    case offline
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
  /// `paypal`: of the application that the webhook belongs to; the source's secrets are its secrets.
  public var clientID: String?
  /// `paypal`
  public var verification: Verification
  /// `paypal`, offline: certificates in PEM, the signer's first, then each one's issuer; the last of them is trusted.
  public var certificates: [String]
  /// `paypal`: the address of its API, without a slash at its end; `nil`: that of the live service.
  public var api: String?

  public init(
    signatureHeader: String? = nil, idHeader: String? = nil, algorithm: Algorithm = .sha256,
    encoding: Encoding? = nil, parameters: [Parameter]? = nil, webhookID: String? = nil, clientID: String? = nil,
    verification: Verification = .endpoint, certificates: [String] = [], api: String? = nil
  ) {
    self.signatureHeader = signatureHeader
    self.idHeader = idHeader
    self.algorithm = algorithm
    self.encoding = encoding
    self.parameters = parameters
    self.webhookID = webhookID
    self.clientID = clientID
    self.verification = verification
    self.certificates = certificates
    self.api = api
  }
}
