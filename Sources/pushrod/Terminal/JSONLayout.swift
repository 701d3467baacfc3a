/// Lays out JSON for people without taking it apart: numbers, the order of keys and escapes stay as they were.
enum JSONLayout {
  /// - Returns: `nil` where brackets and quotes do not fit together; such a text is shown as it is.
  static func indented(_ text: String) -> String? {
    var output: [UInt8] = []
    var open: [UInt8] = []
    var inString = false
    var escaped = false
    /// A bracket that may turn out to be empty: its line break waits.
    var justOpened = false
    func breakLine(_ output: inout [UInt8], _ depth: Int) {
      output.append(UInt8(ascii: "\n"))
      output += [UInt8](repeating: UInt8(ascii: " "), count: 2 * depth)
    }
    guard let first = text.utf8.first(where: { $0 > 0x20 }), "{[".utf8.contains(first) else { return nil }
    for byte in text.utf8 {
      if inString {
        output.append(byte)
        if escaped {
          escaped = false
        } else if byte == UInt8(ascii: "\\") {
          escaped = true
        } else if byte == UInt8(ascii: "\"") {
          inString = false
        }
        continue
      }
      if [0x20, 0x09, 0x0a, 0x0d].contains(byte) { continue }
      if justOpened, byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]") { breakLine(&output, open.count) }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard open.count < 512 else { return nil }
        output.append(byte)
        open.append(byte)
        justOpened = true
        continue
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        // In ASCII a closing bracket stands two after its opening one.
        guard open.popLast() == byte - 2 else { return nil }
        if !justOpened { breakLine(&output, open.count) }
        output.append(byte)
      case UInt8(ascii: ","):
        output.append(byte)
        breakLine(&output, open.count)
      case UInt8(ascii: ":"): output += [byte, UInt8(ascii: " ")]
      case UInt8(ascii: "\""):
        inString = true
        output.append(byte)
      default: output.append(byte)
      }
      justOpened = false
    }
    return open.isEmpty && !inString ? String(decoding: output, as: UTF8.self) : nil
  }
}
