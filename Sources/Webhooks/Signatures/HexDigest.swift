/// A SHA-256 digest as 64 lower-case hexadecimal digits and nothing else.
///
/// Upper case is refused although it means the same number: no sender writes it, and one spelling per
/// signature leaves nothing to disagree about.
struct HexDigest: Hashable {
  let bytes: [UInt8]

  init?(_ text: some Collection<UInt8>) {
    guard text.count == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
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
