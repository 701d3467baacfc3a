/// The spellings of a text inside of a JSON string; RFC 8259, section 7, leaves the writer some freedom.
enum JSONSpelling {
  /// As the usual libraries write it: with what must be escaped and no more (JavaScript, Rust, jq), with the slash (PHP),
  /// with what means something in HTML (Go), with everything outside of ASCII (Python; PHP).
  static func all(of bytes: [UInt8]) -> [[UInt8]] {
    [
      escaped(bytes, []), escaped(bytes, [.slash]), escaped(bytes, [.html]), escaped(bytes, [.beyondASCII]),
      escaped(bytes, [.beyondASCII, .slash]),
    ]
  }

  private enum Habit { case slash, html, beyondASCII }

  private static func escaped(_ bytes: [UInt8], _ habits: [Habit]) -> [UInt8] {
    // A secret need not be text; then there is no character to write by its number.
    let text = habits.contains(.beyondASCII) ? String(validating: bytes, as: UTF8.self) : nil
    guard let text else { return bytes.flatMap { escaped($0, habits) } }
    return text.unicodeScalars.flatMap { scalar -> [UInt8] in
      scalar.isASCII ? escaped(UInt8(scalar.value), habits) : UTF16.encode(scalar)?.flatMap(numbered) ?? []
    }
  }

  private static func escaped(_ byte: UInt8, _ habits: [Habit]) -> [UInt8] {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): [UInt8(ascii: "\\"), byte]
    case UInt8(ascii: "\n"): Array("\\n".utf8)
    case UInt8(ascii: "\r"): Array("\\r".utf8)
    case UInt8(ascii: "\t"): Array("\\t".utf8)
    case 0x08: Array("\\b".utf8)
    case 0x0c: Array("\\f".utf8)
    case 0..<0x20: numbered(UInt16(byte))
    case UInt8(ascii: "/") where habits.contains(.slash): Array("\\/".utf8)
    case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
      habits.contains(.html) ? numbered(UInt16(byte)) : [byte]
    default: [byte]
    }
  }

  private static func numbered(_ unit: UInt16) -> [UInt8] {
    let digits = String(unit, radix: 16)
    return Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
  }
}
