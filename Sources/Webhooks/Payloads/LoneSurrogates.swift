/// Halves of UTF-16 pairs that stand alone among JSON's escapes, as in a text that its sender has cut within an emoji.
///
/// A sender may write them (RFC 8259, section 8.2). The decoder refuses the whole text for one.
enum LoneSurrogates {
  /// `json` with U+FFFD in the place of each, which takes as many bytes.
  static func replaced(in json: [UInt8]) -> [UInt8] {
    var json = json
    var index = json.startIndex
    while let escape = json[index...].firstIndex(of: UInt8(ascii: "\\")) {
      guard let surrogate = surrogate(at: escape, of: json) else {
        // Past what is escaped: a second backslash begins no escape.
        index = min(escape + 2, json.endIndex)
        continue
      }
      index = escape + length
      if UTF16.isLeadSurrogate(surrogate), let next = self.surrogate(at: index, of: json),
        UTF16.isTrailSurrogate(next)
      {
        index += length
      } else {
        json.replaceSubrange(escape + 2..<index, with: "fffd".utf8)
      }
    }
    return json
  }

  /// Bytes of an escape with digits: a backslash, `u` and four of them.
  private static let length = 6

  /// The surrogate whose escape begins at `start`; `nil` where none does.
  private static func surrogate(at start: Int, of json: [UInt8]) -> UInt16? {
    guard json.count - start >= length, json[start] == UInt8(ascii: "\\"), json[start + 1] == UInt8(ascii: "u"),
      let unit = UInt16(String(decoding: json[start + 2..<start + length], as: UTF8.self), radix: 16),
      (0xd800...0xdfff).contains(unit)
    else { return nil }
    return unit
  }
}
