/// Why a certificate or key is of no use. Nothing of what they hold is in it.
public struct CertificateFailure: Error, Sendable, Hashable {
  /// Which of the two it is about.
  public enum Part: Sendable, Hashable {
    case certificate
    case key
  }

  public let part: Part
  /// A clause.
  public let cause: String
  /// What to do.
  public let advice: String
}
