/// What a masker looks for, in the form in which it is found fastest.
///
/// The search is that of Wu and Manber ("A fast algorithm for multi-pattern searching", 1994) with blocks of three bytes:
/// of text in which no secret stands it looks at one block in `window - 2` bytes. Three and not two, because a private key
/// has many lines, and soon every two letters are in one of them.
struct MaskTable: Sendable {
  /// The bytes of all patterns, one after the other.
  private let bytes: [UInt8]
  /// Where each begins in `bytes`, and at the end where the last one ends.
  private let starts: [Int]
  /// The part of every pattern that is looked at first: as long as the shortest one.
  let window: Int
  /// How far the window may move, by the block at its end.
  private let shifts: [UInt8]
  /// Patterns by the block at the end of their window, and by their first byte.
  private let byBlock: Buckets
  private let byFirst: Buckets

  static let shortestPattern = 4
  private static let longestWindow = 128

  /// - Parameter patterns: of four bytes and more; shorter ones do not count.
  init(_ patterns: [[UInt8]]) {
    let patterns = patterns.filter { $0.count >= MaskTable.shortestPattern }
    let window = min(patterns.map(\.count).min() ?? MaskTable.shortestPattern, MaskTable.longestWindow)
    self.window = window
    bytes = patterns.flatMap { $0 }
    starts = patterns.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    var shifts = [UInt8](repeating: UInt8(window - 2), count: patterns.isEmpty ? 0 : MaskTable.blocks)
    for pattern in patterns {
      for end in 2..<window {
        let block = MaskTable.block(pattern[end - 2], pattern[end - 1], pattern[end])
        shifts[block] = min(shifts[block], UInt8(window - 1 - end))
      }
    }
    self.shifts = shifts
    byBlock = Buckets(
      patterns.map { MaskTable.block($0[window - 3], $0[window - 2], $0[window - 1]) }, count: MaskTable.blocks)
    byFirst = Buckets(patterns.map { Int($0[0]) }, count: 256)
  }

  var isEmpty: Bool { starts.count == 1 }

  /// The first place from `position` on where a pattern may begin: those before are none. Within a window of the end every
  /// place may be one.
  func candidate(from position: Int, in text: UnsafeRawBufferPointer) -> Int {
    let last = text.count - window
    guard position <= last, let base = text.baseAddress else { return position }
    return shifts.withUnsafeBufferPointer { shifts in
      let farthest = window - 2
      var position = position
      func shift(_ position: Int) -> Int {
        let word = base.loadUnaligned(fromByteOffset: position + window - 4, as: UInt32.self)
        return Int(shifts[MaskTable.hash(UInt32(littleEndian: word) >> 8)])
      }
      while position <= last {
        // Four at a time: each by itself would wait for the one before it.
        while position + 3 * farthest <= last {
          let (first, second) = (shift(position), shift(position + farthest))
          let (third, fourth) = (shift(position + 2 * farthest), shift(position + 3 * farthest))
          guard first + second + third + fourth == 4 * farthest else { break }
          position += 4 * farthest
        }
        guard position <= last else { break }
        let next = shift(position)
        if next == 0 { break }
        position += next
      }
      return position
    }
  }

  /// The longest pattern that stands at `position`, and whether a longer one may once more bytes are there.
  func match(at position: Int, in text: UnsafeRawBufferPointer) -> (length: Int, mayGrow: Bool) {
    let left = text.count - position
    let end = position + window - 1
    let candidates =
      left >= window
      ? byBlock[MaskTable.block(text[end - 2], text[end - 1], text[end])] : byFirst[Int(text[position])]
    var length = 0
    var mayGrow = false
    for pattern in candidates {
      let whole = starts[pattern]..<starts[pattern + 1]
      guard whole.count > length else { continue }
      let compared = min(whole.count, left)
      let isEqual = bytes.withUnsafeBytes {
        $0[whole.prefix(compared)].elementsEqual(text[position..<position + compared])
      }
      guard isEqual else { continue }
      if compared == whole.count { length = compared } else { mayGrow = true }
    }
    return (length, mayGrow)
  }

  private static let blocks = 1 << 16

  private static func block(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int {
    hash(UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16)
  }

  /// Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4).
  @inline(__always)
  private static func hash(_ block: UInt32) -> Int { Int((block &* 0x9e37_79b1) >> 16) }

  /// Numbers of patterns by a key.
  private struct Buckets: Sendable {
    private let starts: [Int32]
    private let patterns: [Int]

    init(_ keys: [Int], count: Int) {
      var starts = [Int32](repeating: 0, count: keys.isEmpty ? 0 : count + 1)
      for key in keys { starts[key + 1] += 1 }
      for key in starts.indices.dropFirst() { starts[key] += starts[key - 1] }
      self.starts = starts
      patterns = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    }

    subscript(key: Int) -> ArraySlice<Int> { patterns[Int(starts[key])..<Int(starts[key + 1])] }
  }
}
