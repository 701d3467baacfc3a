import Crypto
import FoundationEssentials

/// The text of a token: `pushrod_` and 32 random bytes in base64url (RFC 4648, section 5), 51 characters in all.
///
/// The beginning lets people and secret scanners see what it is.
enum TokenText {
  static let prefix = "pushrod_"
  private static let randomBytes = 32
  private static let length = prefix.utf8.count + 43

  /// From the system's generator (getrandom(2)).
  static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<randomBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let text = Data(bytes).base64EncodedString()
    return prefix + String(text.compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 })
  }

  /// What is kept of a token, and what it is found by; `nil` for a text that no token can have.
  ///
  /// One round of SHA-256: the text has 256 random bits, so nobody finds it by trying, however fast the hash. The
  /// search goes by the hash, which whoever guesses cannot steer, so its time tells nothing of the text.
  static func hash(_ text: String) -> [UInt8]? {
    guard text.utf8.count == length, text.hasPrefix(prefix) else { return nil }
    return Array(SHA256.hash(data: Data(text.utf8)))
  }
}
