/// Replaces secrets in a stream of bytes by `***`.
///
/// A secret is found also when it arrives in pieces: bytes that may be the beginning of one are held back until
/// the next bytes decide, or the stream ends. Secrets that overlap are hidden together. Memory is bounded by the
/// longest pattern, whatever comes.
///
/// The search is that of Wu and Manber ("A fast algorithm for multi-pattern searching", 1994) with blocks of
/// two bytes: it looks at two bytes in every `shortest - 1`.
struct Masker {
  static let replacement: [UInt8] = Array("***".utf8)

  private let patterns: [[UInt8]]
  /// Indices of the patterns by their first byte.
  private let byFirst: [[Int]]
  /// How far the window may move when its last two bytes are these.
  private let shifts: [UInt8]
  private let shortest: Int

  /// Bytes that are not decided yet.
  private var held: [UInt8] = []
  /// This many of the bytes to come belong to a secret whose `***` is written already.
  private var hidden = 0

  /// - Parameter patterns: of two bytes and more; shorter ones do not count.
  init(_ patterns: [[UInt8]]) {
    let patterns = patterns.filter { $0.count >= 2 }
    self.patterns = patterns
    var byFirst = [[Int]](repeating: [], count: 256)
    for (index, pattern) in patterns.enumerated() { byFirst[Int(pattern[0])].append(index) }
    self.byFirst = byFirst
    let shortest = min(patterns.map(\.count).min() ?? 2, 128)
    var shifts = [UInt8](repeating: UInt8(shortest - 1), count: patterns.isEmpty ? 0 : 65_536)
    for pattern in patterns {
      for end in 1..<shortest {
        let block = Int(pattern[end - 1]) << 8 | Int(pattern[end])
        shifts[block] = min(shifts[block], UInt8(shortest - 1 - end))
      }
    }
    self.shifts = shifts
    self.shortest = shortest
  }

  var isEmpty: Bool { patterns.isEmpty }

  /// The decided part of what came so far, appended to `output`.
  mutating func mask(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
    guard !patterns.isEmpty else { return output.append(contentsOf: bytes) }
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
    while position < bytes.count {
      if position + shortest <= bytes.count {
        let block = position + shortest - 2
        let shift = Int(shifts[Int(bytes[block]) << 8 | Int(bytes[block + 1])])
        if shift > 0 {
          // No pattern begins in between, not even one that ends behind these bytes.
          position += shift
          continue
        }
      }
      let (match, mayGrow) = matches(at: position, in: bytes)
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

  /// The longest pattern that stands at `position`, and whether a longer one may once more bytes are there.
  private func matches(at position: Int, in bytes: UnsafeRawBufferPointer) -> (length: Int, mayGrow: Bool) {
    var length = 0
    var mayGrow = false
    let left = bytes.count - position
    for index in byFirst[Int(bytes[position])] {
      let pattern = patterns[index]
      let compared = min(pattern.count, left)
      guard pattern.count > length,
        pattern.withUnsafeBytes({ whole in
          bytes[position..<position + compared].elementsEqual(whole[..<compared])
        })
      else { continue }
      if compared == pattern.count { length = compared } else { mayGrow = true }
    }
    return (length, mayGrow)
  }
}
