/// A digest as lower-case hexadecimal digits and nothing else: 64 of them for SHA-256.
///
/// Upper case is refused although it means the same number: no sender with a name writes it, and one spelling per
/// signature leaves nothing to disagree about. `GenericHMAC` stands for those without, and takes it.
struct HexDigest: Hashable {
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// - Parameter size: of the digest, in bytes.
  init?(_ text: some Collection<UInt8>, size: Int = 32) {
    guard text.count == 2 * size else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    var high: UInt8?
    for character in text {
      let digit: UInt8
      switch character {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    self.bytes = bytes
  }

  /// The digits.
  var text: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// GitHub's form: `sha256=` and the digits.
  init?(prefixed text: String) {
    let prefix = "sha256=".utf8
    guard text.utf8.starts(with: prefix) else { return nil }
    self.init(text.utf8.dropFirst(prefix.count))
  }
}
