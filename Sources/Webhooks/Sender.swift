public import Model

/// A service that posts webhooks: how it signs them and what they say.
///
/// A new sender is one file in `Senders/` that implements this, one line in `Senders.all`, and the
/// conformance tests. Everything here is pure: no clock, no network, no disk.
public protocol Sender: Sendable {
  /// The word for it in the configuration and on the command line: `github`.
  var name: String { get }

  /// The keys of a source that this sender reads besides `sender` and `secrets`.
  var optionKeys: Set<SenderOptions.Key> { get }

  /// Whether it is proved by the last part of its address, `/webhook/<source>/<token>`, and by nothing else.
  var takesToken: Bool { get }

  /// Whether nothing can be proved without a secret.
  func needsSecrets(_ options: SenderOptions) -> Bool

  /// The headers that carry a secret itself; what they say is kept nowhere.
  func secretHeaders(_ options: SenderOptions) -> [String]

  /// Why nothing could be proved with `secret`, as a clause after "the secret"; `nil` where it can be one.
  func complaint(about secret: Secret) -> String?

  /// Why a source could prove nothing with these settings; empty where it can.
  func complaints(about settings: SourceSettings) -> [SourceComplaint]

  /// What an administrator should know who chose these options; `nil` for nothing.
  func warning(_ options: SenderOptions) -> String?

  /// The field with the event's JSON in the forms that the sender posts, where it posts such.
  var jsonFormField: String? { get }

  /// What it is answered where runs start: 202, unless it insists on 200.
  var startedStatus: Int { get }

  /// Checks the signature over the raw bytes, in time that depends neither on the secrets nor on where a
  /// signature differs. All secrets are tried (rotation); blank ones never fit.
  ///
  /// `.undecided` where only the sender's own service can say.
  func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck

  /// Reads the delivery. Call it only when `check` has answered `.valid`.
  func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning

  /// The sender's own id of the delivery, the same when it is sent again; `nil` where there is none that
  /// can be kept (see `DeliveryID`), or where it stands in the body and not in a header.
  func id(of headers: Headers) -> String?

  /// Whether this is a greeting that the sender leaves unsigned and wants answered with exactly 200 all the same.
  /// It is not proved to come from anybody: nothing may come of it but that answer.
  func isUnsignedPing(_ request: SignedRequest) -> Bool

  /// The headers with which this sender would post the request's body to its `url` at its `now`, signed with
  /// `secret`: to try things out, and to test the whole way. `check` accepts what this signs.
  ///
  /// `nil` where nobody else can sign as this sender does: it does not sign at all, or with a key of its own.
  func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers?
}

/// Most senders sign with a secret, are told nothing else, and greet nobody.
extension Sender {
  public var optionKeys: Set<SenderOptions.Key> { [] }
  public var takesToken: Bool { false }
  public var jsonFormField: String? { nil }
  public var startedStatus: Int { 202 }
  public func needsSecrets(_ options: SenderOptions) -> Bool { true }
  public func secretHeaders(_ options: SenderOptions) -> [String] { [] }
  public func complaints(about settings: SourceSettings) -> [SourceComplaint] { [] }
  public func warning(_ options: SenderOptions) -> String? { nil }
  public func isUnsignedPing(_ request: SignedRequest) -> Bool { false }

  /// No page of settings takes a NUL, and to HMAC a key is the same with and without one at its end.
  public func complaint(about secret: Secret) -> String? {
    secret.bytes.contains(0) ? "contains a NUL byte, which no sender's settings can hold" : nil
  }

  /// What the delivery's body holds, for rules about its fields: its JSON, or the fields of its form as texts.
  /// Call it only when `check` has answered `.valid`.
  /// - Throws: `.body` for what is neither, and for more than such rules are made for (4 MiB, 100,000 values).
  public func fields(of request: SignedRequest) throws(Unreadable) -> JSONValue {
    try EventBody.fields(of: request, jsonField: jsonFormField)
  }

  /// Whether `fields` takes the body for a form, of a sender that posts no JSON in one.
  public func isForm(_ request: SignedRequest) -> Bool {
    let type = try? ContentType.read(request.headers)
    return type == .form && jsonFormField == nil
  }
}
