/// The syntax of Git's configuration files (git-config(1), "Syntax"), as far as `.gitmodules` uses it.
///
/// libgit2's own reader follows `include.path`, which a file from outside must not make it do.
struct ConfigText {
  struct Value: Equatable {
    /// In lower case.
    let section: String
    let subsection: [UInt8]?
    /// In lower case.
    let key: String
    let value: [UInt8]
  }

  let values: [Value]

  /// - Returns: `nil` for text that Git would refuse, too.
  init?(_ bytes: [UInt8]) {
    var reader = Reader(bytes: bytes)
    guard let values = reader.read() else { return nil }
    self.values = values
  }

  /// A value, or the name of a subsection, with everything in it that is special quoted.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n", "\0": continue
      default: result.unicodeScalars.append(character)
      }
    }
    return result + "\""
  }

  private struct Reader {
    let bytes: [UInt8]
    var at = 0

    mutating func read() -> [Value]? {
      var values: [Value] = []
      var section: (name: String, subsection: [UInt8]?)?
      if bytes.starts(with: [0xef, 0xbb, 0xbf]) { at = 3 }
      while let byte = peek {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): at += 1
        case UInt8(ascii: "#"), UInt8(ascii: ";"): skipLine()
        case UInt8(ascii: "["):
          at += 1
          guard let next = readSection() else { return nil }
          section = next
        default:
          guard let section, let (key, value) = readVariable() else { return nil }
          values.append(Value(section: section.name, subsection: section.subsection, key: key, value: value))
        }
      }
      return values
    }

    private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipLine() {
      while let byte = peek, byte != UInt8(ascii: "\n") { at += 1 }
    }

    private mutating func skipBlanks() {
      while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") {
        at += 1
      }
    }

    private mutating func readWord(_ extra: String) -> String {
      let start = at
      while let byte = peek, isLetterOrDigit(byte) || extra.utf8.contains(byte) { at += 1 }
      return String(decoding: bytes[start..<at], as: UTF8.self).lowercased()
    }

    private mutating func readSection() -> (String, [UInt8]?)? {
      let name = readWord("-.")
      guard !name.isEmpty else { return nil }
      skipBlanks()
      var subsection: [UInt8]?
      if peek == UInt8(ascii: "\"") {
        at += 1
        var text: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\"") {
          at += 1
          guard byte != UInt8(ascii: "\n") else { return nil }
          if byte == UInt8(ascii: "\\") {
            guard let escaped = peek, escaped != UInt8(ascii: "\n") else { return nil }
            text.append(escaped)
            at += 1
          } else {
            text.append(byte)
          }
        }
        guard peek != nil else { return nil }
        at += 1
        subsection = text
      }
      guard peek == UInt8(ascii: "]") else { return nil }
      at += 1
      return (name, subsection)
    }

    private mutating func readVariable() -> (String, [UInt8])? {
      let key = readWord("-")
      guard !key.isEmpty else { return nil }
      skipBlanks()
      guard let byte = peek, byte != UInt8(ascii: "\n") else { return (key, Array("true".utf8)) }
      if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
        skipLine()
        return (key, Array("true".utf8))
      }
      guard byte == UInt8(ascii: "=") else { return nil }
      at += 1
      skipBlanks()
      return readValue().map { (key, $0) }
    }

    private mutating func readValue() -> [UInt8]? {
      var value: [UInt8] = []
      var isQuoted = false
      // Blanks at the end of an unquoted value are not part of it.
      var solid = 0
      while let byte = peek {
        at += 1
        switch byte {
        case UInt8(ascii: "\n"): return isQuoted ? nil : Array(value.prefix(solid))
        case UInt8(ascii: "\""):
          isQuoted.toggle()
          solid = value.count
          continue
        case UInt8(ascii: "#") where !isQuoted, UInt8(ascii: ";") where !isQuoted:
          skipLine()
          return Array(value.prefix(solid))
        case UInt8(ascii: "\\"):
          guard let escaped = peek else { return nil }
          at += 1
          switch escaped {
          case UInt8(ascii: "\n"): continue
          case UInt8(ascii: "\r") where peek == UInt8(ascii: "\n"):
            at += 1
            continue
          case UInt8(ascii: "n"): value.append(10)
          case UInt8(ascii: "t"): value.append(9)
          case UInt8(ascii: "b"): value.append(8)
          case UInt8(ascii: "\""), UInt8(ascii: "\\"): value.append(escaped)
          default: return nil
          }
          solid = value.count
          continue
        case UInt8(ascii: "\r") where peek == UInt8(ascii: "\n"): continue
        default: value.append(byte)
        }
        if isQuoted || (byte != UInt8(ascii: " ") && byte != UInt8(ascii: "\t")) { solid = value.count }
      }
      return isQuoted ? nil : Array(value.prefix(solid))
    }

    private func isLetterOrDigit(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
  }
}
