import Model

/// The spellings in which a secret may show up in a log.
enum MaskPatterns {
  /// A shorter value would blot out ordinary text, and hides nothing: it can be guessed.
  static let shortestValue = 4
  /// A shorter line of a longer value (`{`, `-----`, …) would do the same.
  static let shortestLine = 8

  /// Every pattern to look for, without repetition.
  static func patterns(of values: [String]) -> [[UInt8]] {
    var found: Set<[UInt8]> = []
    for value in values {
      for text in texts(of: Array(value.utf8)) {
        found.insert(text)
        found.formUnion([percentEncoded(text), shellQuoted(text), jsonEscaped(text)])
        found.formUnion(base64(text))
      }
    }
    return found.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Whether the value can be hidden at all.
  static func isMaskable(_ value: String) -> Bool { !texts(of: Array(value.utf8)).isEmpty }

  /// The value, the value without its last newlines, and its lines.
  private static func texts(of value: [UInt8]) -> [[UInt8]] {
    var whole = value
    while whole.last == UInt8(ascii: "\n") || whole.last == UInt8(ascii: "\r") { whole.removeLast() }
    guard whole.count >= shortestValue else { return [] }
    let lines = whole.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
    guard lines.count > 1 else { return [whole] }
    // The frame of a PEM file is the same for everybody.
    return [whole]
      + lines.filter { $0.count >= shortestLine && !$0.starts(with: Array("-----".utf8)) }.map(Array.init)
  }

  /// RFC 3986: all but the unreserved characters as `%XX`.
  private static func percentEncoded(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        [byte]
      default: Array(("%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)).utf8)
      }
    }
  }

  /// As `set -x` prints a value with a quote in it.
  private static func shellQuoted(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { $0 == UInt8(ascii: "'") ? Array("'\\''".utf8) : [$0] }
  }

  /// RFC 8259, section 7.
  private static func jsonEscaped(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): Array("\\n".utf8)
      case UInt8(ascii: "\r"): Array("\\r".utf8)
      case UInt8(ascii: "\t"): Array("\\t".utf8)
      default: [byte]
      }
    }
  }

  /// What stands in the base64 of any text that contains the value: it depends on where in a group of three
  /// bytes the value begins, so there are three; the characters at the edges, which neighbours share, are left out.
  private static func base64(_ bytes: [UInt8]) -> [[UInt8]] {
    (0..<3).compactMap { lead in
      let padded = [UInt8](repeating: 0, count: lead) + bytes
      let first = (lead * 8 + 5) / 6
      let end = padded.count * 8 / 6
      let text = Base64.encoded(padded)[first..<end]
      return text.count >= shortestLine ? Array(text) : nil
    }
  }
}
