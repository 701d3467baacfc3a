extension StringProtocol {
  /// The text as it may be printed on a terminal or into a log: at most `limit` characters, without anything that
  /// moves the cursor, ends the line or reorders what is around it (controls, line separators, bidirectional and
  /// zero-width marks become `\u{…}`).
  public func shown(limit: Int = 80) -> String {
    var result = ""
    var count = 0
    for scalar in unicodeScalars {
      if count == limit {
        result += "…"
        break
      }
      result += scalar.shown
      count += 1
    }
    return result
  }
}

extension Unicode.Scalar {
  /// As `shown(limit:)` has it.
  public var shown: String {
    switch value {
    case 0x09: "\\t"
    case 0x0a: "\\n"
    case 0x0d: "\\r"
    case 0...0x1f, 0x7f...0x9f, 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff,
      0xfff9...0xfffb, 0xe0000...0xe007f:
      "\\u{\(String(value, radix: 16))}"
    default: String(Character(self))
    }
  }
}
