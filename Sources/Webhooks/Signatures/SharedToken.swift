import Crypto
import FoundationEssentials
import Model

/// A secret that the sender simply sends along.
enum SharedToken {
  /// Whether `token` is one of `secrets`; blank ones never fit.
  ///
  /// Both sides are hashed first, so that texts of any length are compared in the same time, and the comparison of
  /// digests is the crypto library's.
  static func check(_ token: some Collection<UInt8>, secrets: [Secret]) -> SignatureCheck {
    let usable = secrets.filter { !$0.isBlank }
    guard !usable.isEmpty else { return .invalid(reason: "there is no secret to compare the token with") }
    let given = SHA256.hash(data: Array(token))
    var fits = false
    for secret in usable {
      let same = SHA256.hash(data: secret.bytes) == given
      fits = same || fits
    }
    return fits ? .valid : .invalid(reason: "the token is another one than was agreed")
  }
}
