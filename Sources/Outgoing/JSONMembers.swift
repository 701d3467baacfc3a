import FoundationEssentials

/// The members of a JSON object (RFC 8259), each where it stands in the text: so that a value can be taken as it was
/// written, byte for byte, which decoding and encoding again would not give.
struct JSONMembers {
  struct Malformed: Error {}

  /// Where each value stands, quotes and brackets included.
  private(set) var values: [String: Range<Int>] = [:]
  /// In the order of the text.
  private(set) var names: [String] = []
  let text: [UInt8]

  private static let most = 500
  private static let deepest = 512
  private static let longestName = 1024

  /// - Throws: `Malformed`: it is no object, names a member twice, or has too many or too deeply nested ones.
  init(_ text: [UInt8]) throws(Malformed) {
    self.text = text
    var scanner = Scanner(text)
    try scanner.expect("{")
    if !scanner.skip("}") {
      repeat {
        let name = try scanner.string()
        guard name.count <= JSONMembers.longestName, names.count < JSONMembers.most else { throw Malformed() }
        let decoded = try JSONMembers.decoded(text[name])
        try scanner.expect(":")
        let value = try scanner.value(deepest: JSONMembers.deepest)
        // Two readers of one text must not see two things in it.
        guard values.updateValue(value, forKey: decoded) == nil else { throw Malformed() }
        names.append(decoded)
      } while scanner.skip(",")
      try scanner.expect("}")
    }
    guard scanner.isAtEnd else { throw Malformed() }
  }

  /// The value as it is written; `nil` where there is no such member.
  func bytes(of name: String) -> ArraySlice<UInt8>? { values[name].map { text[$0] } }

  /// Whether the value is a string.
  func isString(_ name: String) -> Bool { bytes(of: name)?.first == UInt8(ascii: "\"") }

  /// The text of a string; `nil` for everything else.
  /// - Throws: `Malformed`: an escape that is none.
  func string(_ name: String) throws(Malformed) -> String? {
    guard let bytes = bytes(of: name), bytes.first == UInt8(ascii: "\"") else { return nil }
    return try JSONMembers.decoded(bytes)
  }

  private static func decoded(_ string: ArraySlice<UInt8>) throws(Malformed) -> String {
    let inner = string.dropFirst().dropLast()
    if inner.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "\\") }) { return String(decoding: inner, as: UTF8.self) }
    do {
      let list = [UInt8(ascii: "[")] + string + [UInt8(ascii: "]")]
      return try JSONDecoder().decode([String].self, from: Data(list))[0]
    } catch {
      throw Malformed()
    }
  }
}

extension JSONMembers {
  /// Walks over the text without recursion: what comes from outside does not choose how deep the stack grows.
  private struct Scanner {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool {
      mutating get {
        skipSpace()
        return position == text.count
      }
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      skipSpace()
      guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(Malformed) {
      guard skip(character) else { throw Malformed() }
    }

    /// A string with its quotes.
    mutating func string() throws(Malformed) -> Range<Int> {
      skipSpace()
      let start = position
      guard position < text.count, text[position] == UInt8(ascii: "\"") else { throw Malformed() }
      position += 1
      while position < text.count {
        switch text[position] {
        case UInt8(ascii: "\""):
          position += 1
          return start..<position
        case UInt8(ascii: "\\"): position += 2
        case 0..<0x20: throw Malformed()
        default: position += 1
        }
      }
      throw Malformed()
    }

    /// Any value: a string, an object, an array, a number, or a word.
    mutating func value(deepest: Int) throws(Malformed) -> Range<Int> {
      skipSpace()
      let start = position
      var open: [UInt8] = []
      repeat {
        skipSpace()
        guard position < text.count else { throw Malformed() }
        switch text[position] {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          // The closing bracket is two further in ASCII.
          open.append(text[position] + 2)
          guard open.count <= deepest else { throw Malformed() }
          position += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          guard open.popLast() == text[position] else { throw Malformed() }
          position += 1
        case UInt8(ascii: ","), UInt8(ascii: ":"):
          // Where exactly these stand inside is for whoever decodes the value.
          guard !open.isEmpty else { throw Malformed() }
          position += 1
        default: try word()
        }
      } while !open.isEmpty
      return start..<position
    }

    /// A number, `true`, `false` or `null`.
    private mutating func word() throws(Malformed) {
      let start = position
      while position < text.count, Scanner.isPartOfWord(text[position]) { position += 1 }
      guard position > start else { throw Malformed() }
    }

    private static func isPartOfWord(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
        UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }

    private mutating func skipSpace() {
      while position < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[position]) { position += 1 }
    }
  }
}
