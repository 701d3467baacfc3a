/// Replaces secrets in a stream of bytes by `***`.
///
/// A secret is found also when it arrives in pieces: bytes that may be the beginning of one are held back until
/// the next bytes decide, or the stream ends. Secrets that overlap are hidden together. Memory is bounded by the
/// longest pattern, whatever comes.
struct Masker: Sendable {
  static let replacement: [UInt8] = Array("***".utf8)

  private let table: MaskTable

  /// Bytes that are not decided yet.
  private var held: [UInt8] = []
  /// This many of the bytes to come belong to a secret whose `***` is written already.
  private var hidden = 0

  /// - Parameter patterns: of four bytes and more; shorter ones do not count.
  init(_ patterns: [[UInt8]]) { table = MaskTable(patterns) }

  var isEmpty: Bool { table.isEmpty }

  /// The decided part of what came so far, appended to `output`.
  mutating func mask(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
    guard !isEmpty else { return output.append(contentsOf: bytes) }
    if held.isEmpty {
      let rest = scan(bytes, isEnd: false, into: &output)
      held.append(contentsOf: bytes[rest...])
    } else {
      var joined: [UInt8] = []
      swap(&joined, &held)
      joined.append(contentsOf: bytes)
      joined.withUnsafeBytes { all in
        let rest = scan(all, isEnd: false, into: &output)
        held.append(contentsOf: all[rest...])
      }
    }
  }

  /// What was held back; the stream is over.
  mutating func finish(into output: inout [UInt8]) {
    guard !isEmpty else { return }
    var last: [UInt8] = []
    swap(&last, &held)
    last.withUnsafeBytes { _ = scan($0, isEnd: true, into: &output) }
    hidden = 0
  }

  /// A whole text, for sentences in events.
  func masked(_ text: String) -> String {
    var masker = Masker(copying: self)
    var output: [UInt8] = []
    Array(text.utf8).withUnsafeBytes { masker.mask($0, into: &output) }
    masker.finish(into: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// A text that was cut off somewhere, as the names of processes are: an end that may be the beginning of a secret is hidden,
  /// too.
  func maskedEnd(of text: String) -> String {
    var masker = Masker(copying: self)
    var output: [UInt8] = []
    Array(text.utf8).withUnsafeBytes { masker.mask($0, into: &output) }
    if masker.held.count >= MaskPatterns.shortestLine {
      output += Masker.replacement
    } else {
      masker.finish(into: &output)
    }
    return String(decoding: output, as: UTF8.self)
  }

  private init(copying other: Masker) {
    self = other
    held = []
    hidden = 0
  }

  /// - Returns: how many bytes were decided.
  private mutating func scan(_ bytes: UnsafeRawBufferPointer, isEnd: Bool, into output: inout [UInt8]) -> Int {
    var clear = min(hidden, bytes.count)  // where the part begins that is neither written nor hidden
    var hiddenEnd = hidden
    var position = 0
    var decided = bytes.count
    while true {
      position = table.candidate(from: position, in: bytes)
      guard position < bytes.count else { break }
      let (match, mayGrow) = table.match(at: position, in: bytes)
      if match > 0 {
        if position >= hiddenEnd {
          output.append(contentsOf: bytes[clear..<position])
          output.append(contentsOf: Masker.replacement)
        }
        hiddenEnd = max(hiddenEnd, position + match)
        clear = hiddenEnd
      }
      if mayGrow, !isEnd {
        decided = position
        break
      }
      position += 1
    }
    if clear < decided { output.append(contentsOf: bytes[clear..<decided]) }
    hidden = max(0, hiddenEnd - decided)
    return decided
  }
}
