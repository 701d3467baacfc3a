/// A path or another's words, made fit for a line of a log: control characters, quotes, backslashes and bytes
/// that are not UTF-8 are shown as Git quotes them (`\n`, `\033`, `\377`).
struct Escaped: CustomStringConvertible {
  let description: String

  init(_ bytes: some Sequence<UInt8>, limit: Int = 300) {
    var text = ""
    var count = 0
    var pending: [UInt8] = []
    func flush() {
      guard !pending.isEmpty else { return }
      if let valid = String(validating: pending, as: UTF8.self) {
        // U+0080…U+009F are control characters as well.
        for scalar in valid.unicodeScalars {
          if (0x80..<0xa0).contains(scalar.value) || scalar.properties.generalCategory == .format {
            for byte in String(scalar).utf8 { text += Self.octal(byte) }
          } else {
            text.unicodeScalars.append(scalar)
          }
        }
      } else {
        for byte in pending { text += Self.octal(byte) }
      }
      pending = []
    }
    for byte in bytes {
      count += 1
      guard count <= limit else {
        flush()
        description = text + "…"
        return
      }
      if byte >= 0x80 {
        pending.append(byte)
        continue
      }
      flush()
      switch byte {
      case UInt8(ascii: "\n"): text += "\\n"
      case UInt8(ascii: "\t"): text += "\\t"
      case UInt8(ascii: "\r"): text += "\\r"
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        text += "\\"
        text.unicodeScalars.append(Unicode.Scalar(byte))
      case 0..<0x20, 0x7f: text += Self.octal(byte)
      default: text.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    flush()
    description = text
  }

  init(_ text: String, limit: Int = 300) { self.init(text.utf8, limit: limit) }

  private static func octal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 8)
    return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
  }
}
