/// Makes foreign output safe to show: text, line ends and tabs pass, and colours where they are wanted; every
/// other control character and control sequence is taken out.
///
/// A log is written by whatever a step runs. Without this, it could move the cursor over earlier lines, rename
/// the window, fill the clipboard (OSC 52), print a link that lies (OSC 8) or make the terminal answer. The
/// grammar is that of ECMA-48, section 5.4, over UTF-8; a sequence may be cut anywhere between two calls.
///
/// Nothing is swallowed beyond a line: a line end ends an unfinished sequence. A carriage return that is not
/// part of a line end becomes one, so that nothing overwrites what was shown.
struct ControlSequenceFilter {
  /// Let SGR sequences (ECMA-48, section 8.3.117) through, except those that hide text.
  let allowsColour: Bool
  /// A colour is in force that was not taken back.
  private(set) var isColoured = false

  private enum State {
    case text
    /// After ESC.
    case escape
    /// After ESC and an intermediate character (`ESC ( B`): up to the final one.
    case escapeIntermediate
    /// After CSI, with its parameters; `isPlain` while they could be those of a colour.
    case control(parameters: [UInt8], isPlain: Bool)
    /// In OSC, DCS, SOS, PM or APC: up to BEL or ST.
    case string
    /// In one of those, after ESC.
    case stringEscape
  }

  private var state = State.text
  private var afterReturn = false
  /// The bytes of a character that has not ended yet, and how many are missing.
  private var character: [UInt8] = []
  private var missing = 0

  init(allowsColour: Bool) { self.allowsColour = allowsColour }

  /// Appends what may be shown of `bytes` to `output`, which stays valid UTF-8.
  mutating func filter(_ bytes: some Collection<UInt8>, into output: inout [UInt8]) {
    for byte in bytes {
      if missing > 0 {
        if byte & 0xc0 == 0x80 {
          character.append(byte)
          missing -= 1
          if missing == 0 { endCharacter(into: &output) }
          continue
        }
        invalid(into: &output)
      }
      switch byte {
      case 0..<0x80: take(byte, into: &output)
      case 0xc2..<0xe0: begin(byte, missing: 1)
      case 0xe0..<0xf0: begin(byte, missing: 2)
      case 0xf0..<0xf5: begin(byte, missing: 3)
      default: invalid(into: &output)
      }
    }
  }

  /// What is left when nothing more comes: half a character, a carriage return.
  mutating func finish(into output: inout [UInt8]) {
    if missing > 0 { invalid(into: &output) }
    endReturn(into: &output)
    state = .text
  }

  // MARK: Characters

  private mutating func begin(_ byte: UInt8, missing count: Int) {
    character = [byte]
    missing = count
  }

  private mutating func endCharacter(into output: inout [UInt8]) {
    guard let text = String(validating: character, as: UTF8.self), let scalar = text.unicodeScalars.first else {
      return invalid(into: &output)
    }
    switch scalar.value {
    case 0x80..<0xa0: take8Bit(scalar.value)
    case 0x202a...0x202e, 0x2066...0x2069: break  // They reorder the line around them.
    default:
      guard showsCharacter() else { return }
      endReturn(into: &output)
      output += character
    }
  }

  /// A byte that belongs to no character: shown as the replacement character.
  private mutating func invalid(into output: inout [UInt8]) {
    missing = 0
    guard showsCharacter() else { return }
    endReturn(into: &output)
    output += [0xef, 0xbf, 0xbd]
  }

  /// A character outside of ASCII ends every sequence but a string.
  /// - Returns: whether it is text.
  private mutating func showsCharacter() -> Bool {
    switch state {
    case .string, .stringEscape:
      state = .string
      return false
    default:
      state = .text
      return true
    }
  }

  /// The controls U+0080 to U+009F, which stand for ESC and a letter.
  private mutating func take8Bit(_ value: UInt32) {
    switch value {
    case 0x9b: state = .control(parameters: [], isPlain: true)
    case 0x90, 0x98, 0x9d, 0x9e, 0x9f: state = .string
    default: state = .text
    }
  }

  // MARK: ASCII

  private mutating func take(_ byte: UInt8, into output: inout [UInt8]) {
    switch byte {
    case 0x0a:
      state = .text
      afterReturn = false
      output.append(byte)
      return
    case 0x0d:
      state = .text
      afterReturn = true
      return
    case 0x18, 0x1a:
      state = .text
      return
    case 0x1b:
      if case .string = state { state = .stringEscape } else { state = .escape }
      return
    default: break
    }
    switch state {
    case .text:
      guard byte >= 0x20 && byte != 0x7f || byte == 0x09 else { return }
      endReturn(into: &output)
      output.append(byte)
    case .escape: escape(byte)
    case .escapeIntermediate:
      if (0x30..<0x7f).contains(byte) { state = .text }
    case .control(let parameters, let isPlain): control(byte, parameters, isPlain, into: &output)
    case .string:
      if byte == 0x07 { state = .text }
    case .stringEscape:
      // ESC \ is the end of the string; any other letter begins a sequence of its own.
      if byte == UInt8(ascii: "\\") { state = .text } else { escape(byte) }
    }
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "["): state = .control(parameters: [], isPlain: true)
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
      state = .string
    case 0x20..<0x30: state = .escapeIntermediate
    default: state = .text
    }
  }

  private mutating func control(
    _ byte: UInt8, _ parameters: [UInt8], _ isPlain: Bool, into output: inout [UInt8]
  ) {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: ";"):
      // What is longer than any colour is none; it is not kept.
      let fits = parameters.count < 64
      state = .control(parameters: fits ? parameters + [byte] : [], isPlain: isPlain && fits)
    case 0x20..<0x40: state = .control(parameters: [], isPlain: false)
    case UInt8(ascii: "m"):
      state = .text
      guard isPlain, allowsColour, !ControlSequenceFilter.conceals(parameters) else { return }
      endReturn(into: &output)
      output += [0x1b, UInt8(ascii: "[")] + parameters + [byte]
      isColoured = parameters.contains { $0 != UInt8(ascii: "0") && $0 != UInt8(ascii: ";") }
    case 0x40..<0x7f: state = .text
    default: break  // A control character within a sequence does nothing here.
    }
  }

  /// Whether a colour sequence holds parameter 8, "conceal", outside of a colour's own numbers (`38;5;8`).
  private static func conceals(_ parameters: [UInt8]) -> Bool {
    var numbers = parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)[...]
    while let number = numbers.popFirst() {
      switch String(decoding: number, as: UTF8.self) {
      case "38", "48", "58":
        let mode = numbers.popFirst().map { String(decoding: $0, as: UTF8.self) }
        numbers = numbers.dropFirst(mode == "5" ? 1 : mode == "2" ? 3 : 0)
      case let text where Int(text) == 8: return true
      default: break
      }
    }
    return false
  }

  private mutating func endReturn(into output: inout [UInt8]) {
    guard afterReturn else { return }
    afterReturn = false
    output.append(0x0a)
  }
}

extension String {
  /// This foreign text without anything that acts on a terminal; line ends and tabs stay.
  var withoutControls: String {
    var filter = ControlSequenceFilter(allowsColour: false)
    var output: [UInt8] = []
    filter.filter(utf8, into: &output)
    filter.finish(into: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// This foreign text on one line.
  var onOneLine: String {
    withoutControls.split(whereSeparator: \.isNewline).joined(separator: " ").replacing("\t", with: " ")
  }
}
