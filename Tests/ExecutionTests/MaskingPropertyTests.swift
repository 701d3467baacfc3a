import Foundation
import RunDirectory
import TestSupport
import Testing

@testable import Execution

/// Random secrets, in every spelling that is promised, in random surroundings and pieces, through the real pump into a real
/// log: Foundation writes the spellings, not the code under test.
@Suite("No secret comes into a log")
struct MaskingPropertyTests {
  /// What a step printed, and what of it may be nowhere in the log.
  private struct Printed {
    var text: [UInt8]
    /// A part of this length of one of these would tell something.
    var traces: [[UInt8]]
  }

  private static let window = 12

  private static func secret(_ random: inout SeededGenerator) -> String {
    let alphabets = [
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "abc/+=&?\"'\\$`<>%!(){}:@#;, 0189",
      "äöüß日本語🎉xyz/\"", "\u{1}\u{8}\u{c}\t\u{1b}key\"\\",
    ].map(Array.init)
    func line(_ lengths: ClosedRange<Int>) -> String {
      let alphabet = alphabets.randomElement(using: &random) ?? []
      return String((0..<Int.random(in: lengths, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
    }
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      return (0..<Int.random(in: 2...8, using: &random)).map { _ in line(16...80) }.joined(separator: "\n") + "\n"
    case 1: return line(60...300)
    default: return line(12...40)
    }
  }

  /// Base64 of `value` between other bytes. The characters at its edges, which the neighbours share, tell less than a byte.
  private static func base64(
    _ value: [UInt8], _ options: Data.Base64EncodingOptions, isForURL: Bool, _ random: inout SeededGenerator
  ) -> Printed {
    let lead = Int.random(in: 0...70, using: &random)
    let before = (0..<lead).map { _ in UInt8.random(in: 32...126, using: &random) }
    let after = (0..<Int.random(in: 0...9, using: &random)).map { _ in UInt8.random(in: 32...126, using: &random) }
    func encoded(_ bytes: [UInt8], _ options: Data.Base64EncodingOptions) -> String {
      let text = Data(bytes).base64EncodedString(options: options)
      return isForURL ? text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "") : text
    }
    let edge = [UInt8](repeating: 0, count: lead % 3) + value
    let own = encoded(edge, []).replacing("=", with: "")
      .dropFirst(lead % 3 == 0 ? 0 : lead % 3 + 1).dropLast(edge.count % 3 == 0 ? 0 : 1)
    return Printed(text: Array(encoded(before + value + after, options).utf8), traces: [Array(own.utf8)])
  }

  private static func printed(_ secret: String, _ random: inout SeededGenerator) throws -> Printed {
    let value = Array(secret.trimmingSuffix { $0 == "\n" }.utf8)
    func same(_ text: some StringProtocol) -> Printed { Printed(text: Array(text.utf8), traces: [Array(text.utf8)]) }
    let text = String(decoding: value, as: UTF8.self)
    switch Int.random(in: 0..<9, using: &random) {
    case 0, 1: return same(text)
    case 2: return same(text.split(separator: "\n").randomElement(using: &random) ?? "")
    case 3: return base64(value, [], isForURL: false, &random)
    case 4: return base64(value, [], isForURL: true, &random)
    case 5:
      let width: Data.Base64EncodingOptions =
        Bool.random(using: &random) ? .lineLength64Characters : .lineLength76Characters
      return base64(value, [width, .endLineWithLineFeed], isForURL: false, &random)
    case 6:
      let kept = CharacterSet(
        charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
          + (Bool.random(using: &random) ? "/" : ""))
      return same(text.addingPercentEncoding(withAllowedCharacters: kept) ?? "")
    default:
      let encoder = JSONEncoder()
      if Bool.random(using: &random) { encoder.outputFormatting = .withoutEscapingSlashes }
      return same(String(decoding: try encoder.encode([text]), as: UTF8.self).dropFirst(2).dropLast(2))
    }
  }

  @Test("whatever it is, however it is spelt and wherever it is cut", arguments: UInt64(1)...80)
  func nothing(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let folder = try TemporaryDirectory("masking")
    let secrets = (0..<Int.random(in: 1...4, using: &random)).map { _ in Self.secret(&random) }
    var (output, traces, marks) = ([UInt8](), [[UInt8]](), [String]())
    for turn in 0..<30 {
      marks.append("<\(seed).\(turn)>")
      output += Array((Bool.random(using: &random) ? "\n" : " ").utf8) + Array(marks[turn].utf8)
      let piece = try Self.printed(try #require(secrets.randomElement(using: &random)), &random)
      output += piece.text
      traces += piece.traces
    }
    output += Array("<end>".utf8)

    let log = try LogWriter(RunDirectory(path: folder.path), step: 1, name: "a")
    let (reading, writing) = try Descriptor.pipe()
    let pump = LogPump(pipe: reading, log: log, masker: Masker(MaskPatterns.patterns(of: secrets)))
    let longest = [1, 7, 100, 60_000].randomElement(using: &random) ?? 1
    var rest = output[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int.random(in: 1...longest, using: &random))
      #expect(writing.writeAll(Array(piece)))
      rest = rest.dropFirst(piece.count)
      _ = try pump.pump()
    }
    try pump.finish()

    let stored = String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder.file(log.name))), as: UTF8.self)
    for mark in marks + ["<end>"] { #expect(stored.contains(mark), "seed \(seed): \(mark) has gone") }
    // Line breaks do not hide what stands before and behind them.
    let (whole, joined) = (Data(stored.utf8), Data(stored.utf8.filter { $0 != 0x0a }))
    for trace in traces where trace.count >= Self.window {
      for start in 0...(trace.count - Self.window) {
        let part = Data(trace[start..<start + Self.window])
        let isThere = whole.range(of: part) != nil || joined.range(of: part) != nil
        try #require(!isThere, "seed \(seed): \(String(decoding: trace, as: UTF8.self)) in \(stored)")
      }
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> Substring {
    self[..<(lastIndex { !isTrimmed($0) }.map { index(after: $0) } ?? startIndex)]
  }
}
