import Model

/// The spellings in which a secret may show up in a log.
enum MaskPatterns {
  /// A shorter value would blot out ordinary text, and hides nothing: it can be guessed. Secrets of a pipeline are longer
  /// (`Secret.shortest`); this is for passwords of repositories.
  static let shortestValue = 4
  /// A shorter line of a longer value (`{`, `-----`, …) would do the same.
  static let shortestLine = 8

  /// Base64 is looked for with line breaks in it too where the value has at most so many bytes: for a break at each place
  /// there is a pattern as long as the whole.
  private static let longestWrapped = 8 << 10

  /// Every pattern to look for, without repetition.
  static func patterns(of values: [String]) -> [[UInt8]] {
    var found: Set<[UInt8]> = []
    for value in values {
      let texts = texts(of: Array(value.utf8))
      for text in texts {
        found.insert(text)
        found.formUnion(JSONSpelling.all(of: text))
        found.formUnion(percentEncoded(text))
        found.formUnion(shellQuoted(text))
        found.formUnion(base64(text))
      }
      if let whole = texts.first, whole.count <= longestWrapped { found.formUnion(wrappedBase64(whole)) }
    }
    return found.sorted { $0.lexicographicallyPrecedes($1) }
  }

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

  /// RFC 3986, as the usual functions write it. They differ in what they keep besides letters and digits: nothing more
  /// than the unreserved characters, the slash too (Python's `quote`), or what JavaScript's `encodeURIComponent` and
  /// `encodeURI` keep.
  private static func percentEncoded(_ bytes: [UInt8]) -> [[UInt8]] {
    let kept = ["-._~", "-._~/", "-._~!'()*", "-._~!'()*;,/?:@&=+$#"].map { Array($0.utf8) }
    return kept.map { percentEncoded(bytes, keeping: $0) } + [percentEncoded(bytes, keeping: kept[0], uppercase: false)]
      + formEncoded(bytes)
  }

  /// As forms are sent: a blank is a plus (URL Standard, application/x-www-form-urlencoded). Python's `quote_plus` keeps the
  /// tilde and not the asterisk, PHP's `urlencode` neither.
  private static func formEncoded(_ bytes: [UInt8]) -> [[UInt8]] {
    ["-._*", "-._~", "-._"].flatMap { kept in
      [true, false].map { uppercase in
        Array(
          bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { percentEncoded(Array($0), keeping: Array(kept.utf8), uppercase: uppercase) }
            .joined(separator: [UInt8(ascii: "+")]))
      }
    }
  }

  private static func percentEncoded(_ bytes: [UInt8], keeping kept: [UInt8], uppercase: Bool = true) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        [byte]
      default:
        kept.contains(byte)
          ? [byte] : Array(("%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: uppercase)).utf8)
      }
    }
  }

  /// As shells print a value: with `set -x`, dash's `export -p`, and bash's.
  private static func shellQuoted(_ bytes: [UInt8]) -> [[UInt8]] {
    ["'\\''", "'\"'\"'"].map { quote in bytes.flatMap { $0 == UInt8(ascii: "'") ? Array(quote.utf8) : [$0] } }
      + [bytes.flatMap { "\"\\$`".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }]
  }

  /// What stands in the base64 of any text that contains the value: it depends on where in a group of three
  /// bytes the value begins, so there are three; the characters at the edges, which neighbours share, are left out. Each
  /// in both alphabets of RFC 4648.
  private static func base64(_ bytes: [UInt8]) -> [[UInt8]] {
    let usual = (0..<3).map { base64(bytes, lead: $0).text }.filter { $0.count >= shortestLine }
    return usual
      + usual.map { text in
        text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 }
      }
  }

  /// The same as base64(1) and openssl(1) write it, in lines of 76 and of 64 characters; and as mail has it, whose lines end
  /// in CRLF (RFC 2045).
  private static func wrappedBase64(_ bytes: [UInt8]) -> [[UInt8]] {
    (0..<3).flatMap { lead -> [[UInt8]] in
      let (text, column) = base64(bytes, lead: lead)
      return [64, 76].flatMap { width in
        // The value may begin in any group of four characters of a line.
        stride(from: width - column, to: 0, by: -4).filter { $0 < text.count }.flatMap { end in
          ["\n", "\r\n"].map { lineEnd in
            var wrapped = Array(text[..<end])
            for start in stride(from: end, to: text.count, by: width) {
              wrapped += Array(lineEnd.utf8)
              wrapped += text[start..<min(start + width, text.count)]
            }
            return wrapped
          }
        }
      }
    }
  }

  /// - Parameter lead: bytes before the value in its first group of three.
  /// - Returns: the characters that are the value's alone, and how many stand before them in their group of four.
  private static func base64(_ bytes: [UInt8], lead: Int) -> (text: [UInt8], column: Int) {
    let padded = [UInt8](repeating: 0, count: lead) + bytes
    let first = (lead * 8 + 5) / 6
    return (Array(Base64.encoded(padded)[first..<max(first, padded.count * 8 / 6)]), first)
  }
}
