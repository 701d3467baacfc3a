/// One JSON object (RFC 8259) of texts, in the order of the fields. Made by hand: an encoder would sort them, and needs
/// Foundation's memory for every line.
enum JSONLine {
  static func append(_ fields: [(key: String, value: String)], to line: inout [UInt8]) {
    line.append(UInt8(ascii: "{"))
    for (place, field) in fields.enumerated() {
      if place > 0 { line.append(UInt8(ascii: ",")) }
      append(field.key, to: &line)
      line.append(UInt8(ascii: ":"))
      append(field.value, to: &line)
    }
    line.append(UInt8(ascii: "}"))
  }

  private static func append(_ text: String, to line: inout [UInt8]) {
    line.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22, 0x5c: line += [UInt8(ascii: "\\"), UInt8(scalar.value)]
      case 0x0a: line += "\\n".utf8
      case 0x09: line += "\\t".utf8
      case _ where scalar.isUnseen:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          line += "\\u\(String(repeating: "0", count: 4 - digits.utf8.count))\(digits)".utf8
        }
      default: line += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      }
    }
    line.append(UInt8(ascii: "\""))
  }
}
