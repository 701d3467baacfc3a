/// `key=value` pairs with a blank between them.
enum LogfmtLine {
  static func append(_ fields: [(key: String, value: String)], to line: inout [UInt8]) {
    for (place, field) in fields.enumerated() {
      if place > 0 { line.append(0x20) }
      line += field.key.utf8
      line.append(UInt8(ascii: "="))
      appendQuoted(field.value, to: &line)
    }
  }

  /// As it is where it is one plain word; otherwise in quotes, with escapes for what could pass for another
  /// line, another field or a terminal's control sequence.
  static func appendQuoted(_ text: String, to line: inout [UInt8]) {
    let isPlain = text.utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
    }
    if isPlain && !text.isEmpty {
      line += text.utf8
      return
    }
    line.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22, 0x5c: line += [UInt8(ascii: "\\"), UInt8(scalar.value)]
      case 0x0a: line += "\\n".utf8
      case 0x09: line += "\\t".utf8
      case _ where scalar.isUnseen: line += "\\u{\(String(scalar.value, radix: 16))}".utf8
      default: line += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      }
    }
    line.append(UInt8(ascii: "\""))
  }
}

extension Unicode.Scalar {
  /// Does something to a line, or to what a reader takes it for, instead of showing: control characters, what turns
  /// the direction of writing, line separators.
  var isUnseen: Bool {
    if value < 0x20 || (0x7f..<0xa0).contains(value) { return true }
    guard value >= 0xa0 else { return false }
    return switch properties.generalCategory {
    case .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
