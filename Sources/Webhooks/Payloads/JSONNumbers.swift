/// The numbers of a JSON text, looked at by their grammar (RFC 8259, section 6).
///
/// The decoder looks at a number when somebody asks for it, and then cannot tell one that no `Double` holds from one that
/// is none.
enum JSONNumbers {
  /// Whether all that begins as a number is one. Of the rest of the text nothing is said.
  static func areWellFormed(in json: [UInt8]) -> Bool {
    var inString = false
    var place = 0
    while place < json.count {
      let byte = json[place]
      if inString {
        if byte == UInt8(ascii: "\\") { place += 1 }
        if byte == UInt8(ascii: "\"") { inString = false }
        place += 1
      } else if byte == UInt8(ascii: "-") || isDigit(byte) {
        let end = json[place...].firstIndex { !isOfNumber($0) } ?? json.count
        guard isNumber(json[place..<end]) else { return false }
        place = end
      } else {
        if byte == UInt8(ascii: "\"") { inString = true }
        place += 1
      }
    }
    return true
  }

  /// `-`, then `0` or digits that do not begin with it, then a fraction, then an exponent.
  private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func digits() -> Int {
      let end = rest.firstIndex { !isDigit($0) } ?? rest.endIndex
      defer { rest = rest[end...] }
      return end - rest.startIndex
    }
    func take(_ letters: String) -> Bool {
      guard let first = rest.first, letters.utf8.contains(first) else { return false }
      rest.removeFirst()
      return true
    }
    _ = take("-")
    let leading = rest.first
    let whole = digits()
    guard whole == 1 || (whole > 1 && leading != UInt8(ascii: "0")) else { return false }
    if take(".") { guard digits() > 0 else { return false } }
    if take("eE") {
      _ = take("+-")
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isOfNumber(_ byte: UInt8) -> Bool { isDigit(byte) || "+-.eE".utf8.contains(byte) }
}
