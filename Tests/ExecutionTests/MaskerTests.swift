import Testing

@testable import Execution

@Suite("Masking secrets in a stream")
struct MaskerTests {
  /// Feeds `text` in the pieces that `sizes` say, over and over.
  static func mask(_ text: [UInt8], _ patterns: [[UInt8]], sizes: [Int]) -> [UInt8] {
    var masker = Masker(patterns)
    var output: [UInt8] = []
    var rest = text[...]
    var turn = 0
    while !rest.isEmpty {
      let piece = rest.prefix(sizes[turn % sizes.count])
      piece.withUnsafeBytes { masker.mask($0, into: &output) }
      rest = rest.dropFirst(piece.count)
      turn += 1
    }
    masker.finish(into: &output)
    return output
  }

  /// The plain way: which bytes does some pattern cover?
  static func expected(_ text: [UInt8], _ patterns: [[UInt8]]) -> [UInt8] {
    var output: [UInt8] = []
    var hiddenEnd = 0
    for position in text.indices {
      let longest = patterns.filter { text[position...].starts(with: $0) }.map(\.count).max() ?? 0
      if longest > 0, position >= hiddenEnd { output += Array("***".utf8) }
      hiddenEnd = max(hiddenEnd, longest > 0 ? position + longest : 0)
      if position >= hiddenEnd { output.append(text[position]) }
    }
    return output
  }

  @Test(
    "examples",
    arguments: [
      ("say hunter2 twice: hunter2hunter2", ["hunter2"], "say *** twice: ******"),
      ("abcdefghi", ["abcdef", "defghi"], "***"),
      ("abcd abcdefgh abcdef", ["abcd", "abcdefgh"], "*** *** ***ef"),
      ("aaaaaaaaab", ["aaaa"], "***b"),
      ("hunter", ["hunter2"], "hunter"),
      ("nothing", [], "nothing"),
    ])
  func examples(text: String, secrets: [String], expected: String) {
    for size in 1...5 {
      let output = Self.mask(Array(text.utf8), secrets.map { Array($0.utf8) }, sizes: [size])
      #expect(String(decoding: output, as: UTF8.self) == expected)
    }
  }

  @Test("however the bytes arrive, the result is that of the plain way", arguments: 0..<300)
  func random(seed: Int) {
    var random = SystemRandomNumberGenerator()
    let letters = Array("ab".utf8) + (seed % 2 == 0 ? [] : Array("cd\n".utf8))
    func word(_ range: ClosedRange<Int>) -> [UInt8] {
      (0..<Int.random(in: range, using: &random)).map { _ in letters.randomElement(using: &random) ?? 0 }
    }
    let patterns = (0..<Int.random(in: 1...5)).map { _ in word(4...12) }
    var text: [UInt8] = []
    for _ in 0..<20 { text += Bool.random() ? word(0...30) : patterns.randomElement() ?? [] }
    let sizes = (0..<5).map { _ in Int.random(in: 1...40) }
    let (output, right) = (Self.mask(text, patterns, sizes: sizes), Self.expected(text, patterns))
    #expect(output == right, "\(String(decoding: text, as: UTF8.self)) \(patterns) \(sizes)")
  }

  @Test("only what may still become a secret is held back")
  func heldBack() {
    var masker = Masker([Array("hunter2".utf8)])
    var output: [UInt8] = []
    Array("password: hun".utf8).withUnsafeBytes { masker.mask($0, into: &output) }
    #expect(String(decoding: output, as: UTF8.self) == "password: ")
    Array("gry? ".utf8).withUnsafeBytes { masker.mask($0, into: &output) }
    #expect(String(decoding: output, as: UTF8.self) == "password: hungry? ")
  }

  @Test("a secret is looked for in its usual spellings")
  func spellings() {
    let patterns = Set(MaskPatterns.patterns(of: ["p&ss'word\"1\n"]).map { String(decoding: $0, as: UTF8.self) })
    #expect(patterns.isSuperset(of: ["p&ss'word\"1", "p%26ss%27word%221", #"p&ss'\''word"1"#, #"p&ss'word\"1"#]))
    // As dash and bash export it, and as Python and JavaScript write it into an address.
    #expect(patterns.isSuperset(of: [#"p&ss'"'"'word"1"#, "p%26ss'word%221", "p%26ss%27word%221"]))
    let form = Set(MaskPatterns.patterns(of: ["a b*c~d/e"]).map { String(decoding: $0, as: UTF8.self) })
    #expect(form.isSuperset(of: ["a+b*c%7Ed%2Fe", "a+b*c%7ed%2fe", "a+b%2Ac~d%2Fe", "a+b%2ac~d%2fe"]))
    #expect(form.isSuperset(of: ["a+b%2Ac%7Ed%2Fe", "a+b%2ac%7ed%2fe"]))
    let noBlank = Set(MaskPatterns.patterns(of: ["pa~ss*word"]).map { String(decoding: $0, as: UTF8.self) })
    #expect(noBlank.isSuperset(of: ["pa%7Ess*word", "pa~ss%2Aword", "pa%7Ess%2Aword"]))
    let odd = Set(MaskPatterns.patterns(of: ["a/b+c$d?e>f~g>>"]).map { String(decoding: $0, as: UTF8.self) })
    #expect(odd.isSuperset(of: ["a/b%2Bc%24d%3Fe%3Ef~g%3E%3E", "a%2fb%2bc%24d%3fe%3ef~g%3e%3e", #"a/b+c\$d?e>f~g>>"#]))
    #expect(odd.isSuperset(of: ["YS9iK2MkZD9lPmZ+Zz4+", "YS9iK2MkZD9lPmZ-Zz4-"]))
    // base64 of "p&ss'word\"1", of "u:" + it, of "x" + it: the part that does not depend on what stands around.
    for whole in ["cCZzcyd3b3JkIjE=", "dTpwJnNzJ3dvcmQiMQ==", "eHAmc3Mnd29yZCIx"] {
      #expect(patterns.contains { $0.count >= 12 && whole.contains($0) }, "\(whole)")
    }
  }

  @Test("lines of a key are secrets of their own, its frame and short lines are not")
  func lines() {
    let key = "-----BEGIN KEY-----\nb3BlbnNzaC1rZXk=\nabc\n-----END KEY-----\n"
    let patterns = MaskPatterns.patterns(of: [key]).map { String(decoding: $0, as: UTF8.self) }
    #expect(patterns.contains("b3BlbnNzaC1rZXk="))
    #expect(!patterns.contains { $0 == "abc" || $0 == "-----BEGIN KEY-----" })
  }

  @Test("a name that was cut off is hidden where it may be the beginning of a secret")
  func cutOff() {
    let masker = Masker(MaskPatterns.patterns(of: ["canary-secret-5512"]))
    #expect(masker.maskedEnd(of: "canary-secret-5") == "***")
    #expect(masker.maskedEnd(of: "my-canary-secre") == "my-***")
    #expect(masker.maskedEnd(of: "canary-secret-5512x") == "***x")
    #expect(masker.maskedEnd(of: "node") == "node")
    #expect(masker.maskedEnd(of: "canary") == "canary")
  }

  @Test("base64 is found also where a tool breaks it into lines", arguments: ["\n", "\r\n"])
  func wrapped(lineEnd: String) {
    let secret = "postgres://shop:correct-horse-battery@db.internal.example/shop"
    for width in [64, 76] {
      for lead in 0..<80 {
        let plain = String(
          decoding: Base64.encoded(Array((String(repeating: "x", count: lead) + secret).utf8)), as: UTF8.self)
        var (lines, rest) = ("", plain[...])
        while !rest.isEmpty {
          lines += rest.prefix(width) + lineEnd
          rest = rest.dropFirst(width)
        }
        let masked = String(
          decoding: Self.mask(Array(lines.utf8), MaskPatterns.patterns(of: [secret]), sizes: [7]), as: UTF8.self)
        // Nothing is left but what stood before, and a character at each edge.
        #expect(masked.filter { !$0.isNewline }.count <= (lead * 8 + 5) / 6 + 3 + 1, "\(lead): \(masked)")
      }
    }
  }

  @Test("text in a JSON string is found as each of the usual libraries writes it")
  func json() {
    let spellings = Set(
      JSONSpelling.all(of: Array("a/<&>\"\u{1}\n\u{c}ü🎉".utf8)).map { String(decoding: $0, as: UTF8.self) })
    #expect(
      spellings == [
        #"a/<&>\"\u0001\n\fü🎉"#, #"a\/<&>\"\u0001\n\fü🎉"#, #"a/\u003c\u0026\u003e\"\u0001\n\fü🎉"#,
        #"a/<&>\"\u0001\n\f\u00fc\ud83c\udf89"#, #"a\/<&>\"\u0001\n\f\u00fc\ud83c\udf89"#,
      ])
  }
}
