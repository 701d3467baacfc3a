import Crypto
import FoundationEssentials
import Model

/// HMAC-SHA256 (RFC 2104) over a text, against a list of secrets.
enum HMACCheck {
  /// Whether any of `secrets` made `digest` over `text`.
  ///
  /// Every secret is tried, also after one has fitted, and the comparison is the crypto library's, so the
  /// time tells neither which secret it was nor how near a forgery came. A blank secret never fits: it
  /// would let in whoever guesses that nothing was configured.
  static func check(_ digest: HexDigest, over text: [UInt8], secrets: [Secret]) -> SignatureCheck {
    let usable = secrets.filter { !$0.isBlank }
    guard !usable.isEmpty else { return .invalid(reason: "there is no secret to check the signature with") }
    var fits = false
    for secret in usable {
      let key = SymmetricKey(data: secret.bytes)
      let same = HMAC<SHA256>.isValidAuthenticationCode(digest.bytes, authenticating: text, using: key)
      fits = same || fits
    }
    return fits
      ? .valid
      : .invalid(reason: "the signature does not fit: another secret made it, or the body was changed on the way")
  }
}

extension HexDigest {
  /// HMAC-SHA256 of `text` with `secret`.
  init(hmacOver text: [UInt8], secret: Secret) {
    bytes = Array(HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: secret.bytes)))
  }
}
