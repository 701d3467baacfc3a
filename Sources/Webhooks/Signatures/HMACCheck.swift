import Crypto
import FoundationEssentials
import Model

/// HMAC (RFC 2104) over a text, against a list of secrets.
enum HMACCheck {
  static let doesNotFit = "the signature does not fit: another secret made it, or the body was changed on the way"
  static let noSecret = "there is no secret to check the signature with"

  /// Whether any of `secrets` made `digest` over `text` with SHA-256.
  ///
  /// A blank secret never fits: it would let in whoever guesses that nothing was configured.
  static func check(_ digest: HexDigest, over text: [UInt8], secrets: [Secret]) -> SignatureCheck {
    check([digest.bytes], over: [text], keys: keys(secrets), SHA256.self)
  }

  /// The bytes of those that are not blank. One that ends in NUL is left out: HMAC fills short keys up with NULs, so it
  /// would be the same key as another secret, the one without.
  static func keys(_ secrets: [Secret]) -> [[UInt8]] {
    secrets.filter { !$0.isBlank && $0.bytes.last != 0 }.map(\.bytes)
  }

  /// Whether any of `keys` made any of `codes` over the parts of `text` put together.
  ///
  /// Every key is tried with every code, also after one has fitted, and the comparison is the crypto library's,
  /// so the time tells neither which it was nor how near a forgery came.
  static func check<Hash: HashFunction>(
    _ codes: [[UInt8]], over text: [[UInt8]], keys: [[UInt8]], _ hash: Hash.Type
  ) -> SignatureCheck {
    guard !keys.isEmpty else { return .invalid(reason: noSecret) }
    var fits = false
    for key in keys {
      let expected = code(over: text, key: key, hash)
      for code in codes {
        let same = expected == code
        fits = same || fits
      }
    }
    return fits ? .valid : .invalid(reason: doesNotFit)
  }

  static func code<Hash: HashFunction>(
    over text: [[UInt8]], key: [UInt8], _ hash: Hash.Type
  ) -> HMAC<Hash>.MAC {
    var hmac = HMAC<Hash>(key: SymmetricKey(data: key))
    for part in text { hmac.update(data: part) }
    return hmac.finalize()
  }
}

extension HexDigest {
  /// HMAC-SHA256 of `text` with `secret`.
  init(hmacOver text: [UInt8]..., secret: Secret) {
    bytes = Array(HMACCheck.code(over: text, key: secret.bytes, SHA256.self))
  }
}
