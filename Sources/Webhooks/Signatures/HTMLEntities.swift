/// The character references that WordPress undoes before it uses a text: those of `&`, `<`, `>` and the quotes.
enum HTMLEntities {
  /// One pass, so that `&amp;lt;` becomes `&lt;` and no more. What is none of them stays as it is.
  static func decoded(_ text: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text[...]
    while let byte = rest.first {
      if byte == UInt8(ascii: "&"), let end = rest.prefix(32).firstIndex(of: UInt8(ascii: ";")),
        let character = character(named: rest[rest.startIndex..<end].dropFirst())
      {
        bytes.append(character)
        rest = rest[(end + 1)...]
      } else {
        bytes.append(byte)
        rest = rest.dropFirst()
      }
    }
    return bytes
  }

  private static func character(named name: ArraySlice<UInt8>) -> UInt8? {
    switch String(decoding: name, as: UTF8.self) {
    case "amp": return UInt8(ascii: "&")
    case "lt": return UInt8(ascii: "<")
    case "gt": return UInt8(ascii: ">")
    case "quot": return UInt8(ascii: "\"")
    default: break
    }
    guard name.first == UInt8(ascii: "#") else { return nil }
    var digits = name.dropFirst()
    let isHexadecimal = digits.first == UInt8(ascii: "x") || digits.first == UInt8(ascii: "X")
    if isHexadecimal { digits = digits.dropFirst() }
    digits = digits.drop { $0 == UInt8(ascii: "0") }
    switch (isHexadecimal, String(decoding: digits, as: UTF8.self)) {
    case (false, "38"), (true, "26"): return UInt8(ascii: "&")
    case (false, "39"), (true, "27"): return UInt8(ascii: "'")
    case (false, "34"), (true, "22"): return UInt8(ascii: "\"")
    case (false, "60"): return UInt8(ascii: "<")
    case (false, "62"): return UInt8(ascii: ">")
    default: return nil
    }
  }
}
