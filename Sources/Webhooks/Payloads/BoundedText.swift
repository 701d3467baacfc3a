/// Text of a payload that is shown, stored or handed to steps as an environment value.
enum BoundedText {
  /// One line: control characters (also C1 and the line separators) become U+FFFD; cut to `limit` bytes.
  static func line(_ text: String, limit: Int) -> String {
    // 0xc2 leads the C1 controls, 0xe2 the line separators (and much else, which the slow way keeps).
    if isKept(text, limit, where: { $0 >= 0x20 && $0 != 0x7f && $0 != 0xc2 && $0 != 0xe2 }) { return text }
    return cut(text, limit) { scalar in
      switch scalar.value {
      case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: "\u{FFFD}"
      default: scalar
      }
    }
  }

  /// Several lines: as written, but NUL, which no environment value can hold, becomes U+FFFD.
  static func text(_ text: String, limit: Int) -> String {
    if isKept(text, limit, where: { $0 != 0 }) { return text }
    return cut(text, limit) { $0 == "\0" ? "\u{FFFD}" : $0 }
  }

  /// Nearly every text stays as it is: one look at its bytes is much less than making it anew.
  private static func isKept(_ text: String, _ limit: Int, where isPlain: (UInt8) -> Bool) -> Bool {
    text.utf8.count <= limit && text.utf8.allSatisfy(isPlain)
  }

  private static func cut(
    _ text: String, _ limit: Int, _ replacing: (Unicode.Scalar) -> Unicode.Scalar
  ) -> String {
    var kept = String.UnicodeScalarView()
    var size = 0
    for scalar in text.unicodeScalars {
      let scalar = replacing(scalar)
      size += UTF8.width(scalar)
      if size > limit { break }
      kept.append(scalar)
    }
    return String(kept)
  }
}
