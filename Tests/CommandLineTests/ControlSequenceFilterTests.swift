import Testing

@testable import pushrod

@Suite("What a log may do to a terminal")
struct ControlSequenceFilterTests {
  /// Input, what is shown with colours, what is shown without where that differs.
  private static let cases: [(String, String, String?)] = [
    ("plain text, ünïcödé, 漢字, 🚀\n", "plain text, ünïcödé, 漢字, 🚀\n", nil),
    ("a\tb\n", "a\tb\n", nil),
    // Colours
    ("\u{1b}[31mred\u{1b}[0m", "\u{1b}[31mred\u{1b}[0m", "red"),
    ("\u{1b}[1;38;5;8;48;2;1;2;8mx\u{1b}[m", "\u{1b}[1;38;5;8;48;2;1;2;8mx\u{1b}[m", "x"),
    ("\u{1b}[38:2::1:2:3mx", "\u{1b}[38:2::1:2:3mx", "x"),
    ("\u{9b}31mred", "\u{1b}[31mred", "red"),
    // Concealed text would be copied without having been seen.
    ("\u{1b}[8mhidden", "hidden", nil),
    ("\u{1b}[1;08mhidden", "hidden", nil),
    ("\u{1b}[38;5;1;8mhidden", "hidden", nil),
    // Cursor, erasing, modes, reports
    ("a\u{1b}[2Jb\u{1b}[Hc\u{1b}[1Ad\u{1b}[K", "abcd", nil),
    ("\u{1b}[?1049h\u{1b}[?25l\u{1b}[6n\u{1b}[>c\u{1b}[!px", "x", nil),
    ("\u{1b}[?31mx\u{1b}[>4;1my\u{1b}[31 mz", "xyz", nil),
    ("\u{1b}[" + String(repeating: "1;", count: 100) + "mx", "x", nil),
    // Window title, links, clipboard; ended by BEL, ST, the 8-bit ST; cancelled; never ended
    ("\u{1b}]0;title\u{7}x", "x", nil),
    ("\u{1b}]8;;https://evil.example\u{1b}\\click\u{1b}]8;;\u{1b}\\", "click", nil),
    ("\u{1b}]52;c;cm0gLXJm\u{9c}x", "x", nil),
    ("\u{9d}52;c;cm0gLXJm\u{9c}x", "x", nil),
    ("\u{1b}]0;✜ still the title\u{7}x", "x", nil),
    ("\u{1b}]0;abc\u{18}x", "x", nil),
    ("\u{1b}]0;never ended\nnext line", "\nnext line", nil),
    ("\u{1b}]0;title\u{1b}[31mx", "\u{1b}[31mx", "x"),
    // DCS, SOS, PM, APC
    ("\u{1b}P$q\u{1b}\\a\u{1b}Xb\u{1b}\\c\u{1b}^d\u{1b}\\e\u{1b}_f\u{1b}\\g", "aceg", nil),
    // Short sequences and character sets
    ("\u{1b}ca\u{1b}7b\u{1b}(0c\u{1b}#8d\u{1b}%Ge", "abcde", nil),
    ("\u{1b}\u{1b}[31mx", "\u{1b}[31mx", "x"),
    ("\u{1b}漢", "漢", nil),
    // Control characters
    ("a\u{8}\u{8}b\u{7}c\u{0}d\u{b}e\u{c}f\u{7f}g\u{e}h\u{85}i\u{84}j", "abcdefghij", nil),
    ("\u{1b}[3\u{8}1mx", "\u{1b}[31mx", "x"),
    // Carriage returns
    ("a\r\nb\r\r\nc", "a\nb\nc", nil),
    ("10%\r20%\r30%\n", "10%\n20%\n30%\n", nil),
    ("safe\rrm -rf", "safe\nrm -rf", nil),
    ("end\r", "end\n", nil),
    ("a\r\u{1b}[31mb", "a\n\u{1b}[31mb", "a\nb"),
    // Text that would be shown in another order than it is in
    ("a\u{202e}b\u{2066}c\u{2069}d", "abcd", nil),
  ]

  /// Bytes that are no UTF-8.
  private static let invalid: [([UInt8], String)] = [
    ([0x61, 0xff, 0x62], "a\u{fffd}b"),
    ([0x9b, 0x33, 0x31, 0x6d], "\u{fffd}31m"),
    ([0xe2, 0x9c], "\u{fffd}"),
    ([0xe2, 0x41], "\u{fffd}A"),
    ([0xc2, 0x1b, 0x5b, 0x41], "\u{fffd}"),
    ([0xed, 0xa0, 0x80], "\u{fffd}"),
    ([0xf5, 0x80], "\u{fffd}\u{fffd}"),
    ([0xc0, 0x9b], "\u{fffd}\u{fffd}"),
    ([0xe0, 0x82, 0x9b], "\u{fffd}"),
  ]

  private static func filter(_ pieces: [ArraySlice<UInt8>], colour: Bool) -> String? {
    var filter = ControlSequenceFilter(allowsColour: colour)
    var output: [UInt8] = []
    for piece in pieces { filter.filter(piece, into: &output) }
    filter.finish(into: &output)
    return String(validating: output, as: UTF8.self)
  }

  @Test("text and colours pass, everything else is taken out", arguments: cases)
  func table(input: String, coloured: String, plain: String?) {
    #expect(Self.filter([Array(input.utf8)[...]], colour: true) == coloured)
    #expect(Self.filter([Array(input.utf8)[...]], colour: false) == plain ?? coloured)
  }

  @Test("bytes that are no text are shown as such, and never as a control", arguments: invalid)
  func notText(input: [UInt8], shown: String) {
    #expect(Self.filter([input[...]], colour: true) == shown)
  }

  @Test("where the log is cut makes no difference, at any byte")
  func splits() {
    for bytes in Self.cases.map({ Array($0.0.utf8) }) + Self.invalid.map(\.0) {
      let whole = Self.filter([bytes[...]], colour: true)
      for cut in bytes.indices {
        #expect(Self.filter([bytes[..<cut], bytes[cut...]], colour: true) == whole)
      }
      #expect(Self.filter(bytes.indices.map { bytes[$0...$0] }, colour: true) == whole)
    }
  }

  @Test("whatever bytes come, the output is text whose only controls are line ends, tabs and colours")
  func anything() throws {
    var generator = SystemRandomNumberGenerator()
    let likely: [UInt8] = [0x1b, 0x5b, 0x5d, 0x6d, 0x38, 0x3b, 0x07, 0x0d, 0x0a, 0x9b, 0xc2, 0x9c, 0xe2, 0x50, 0x5c]
    for _ in 0..<2000 {
      let bytes = (0..<40).map { _ in
        Bool.random(using: &generator)
          ? likely.randomElement(using: &generator) ?? 0 : UInt8.random(in: 0...255, using: &generator)
      }
      let output = try #require(Self.filter([bytes[...]], colour: true), "\(bytes)")
      // By the scalar: to Swift an `m` and a combining mark behind it are one character.
      let text = output.replacing(/\u{1b}\[[0-9;:]*m/.matchingSemantics(.unicodeScalar), with: "")
      #expect(
        text.unicodeScalars.allSatisfy {
          $0 == "\n" || $0 == "\t" || ($0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value))
        }, "\(bytes)")
    }
  }

  @Test("it is known whether a colour is still in force")
  func colourInForce() {
    var filter = ControlSequenceFilter(allowsColour: true)
    var output: [UInt8] = []
    filter.filter("\u{1b}[31mred".utf8, into: &output)
    #expect(filter.isColoured)
    filter.filter("\u{1b}[0m".utf8, into: &output)
    #expect(!filter.isColoured)
  }
}
