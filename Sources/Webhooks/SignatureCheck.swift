/// Whether a request comes from who it says.
///
/// The reasons are for the operator. A sender is never told which of them it was.
public enum SignatureCheck: Sendable, Hashable {
  case valid
  /// All that can be looked at here holds; only the sender's own service can say whether the request is genuine.
  case undecided
  case invalid(reason: String)
  /// The request says two things at once; it is refused as malformed (400) and not as a forgery (401).
  case ambiguous(reason: String)

  /// Whether there is a signature, and it is of another body or another secret.
  public var doesNotFit: Bool { self == .invalid(reason: HMACCheck.doesNotFit) }
}
