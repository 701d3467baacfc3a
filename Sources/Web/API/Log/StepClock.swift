import RunDirectory

/// Reads a step's `.times` file as it grows, for the times of the pieces of its log.
///
/// `StepTimes.read` reads it whole, which would be a quadratic amount of work for a long log.
struct StepClock: Sendable {
  private let file: LogFile?
  private var offset = 0
  private var rest: [UInt8] = []
  /// Entries that were read and lie after what was asked for so far.
  private var ahead: ArraySlice<(offset: Int, milliseconds: Int64)> = []
  private var last: (offset: Int, milliseconds: Int64)?

  init(logPath: String) { file = LogFile(path: RunDirectory.timesPath(ofLog: logPath)) }

  /// When the bytes of `range` were written: the entry that its first byte falls under, then every entry in
  /// it. Ranges are asked for in rising order.
  mutating func times(of range: Range<Int>) -> [(offset: Int, milliseconds: Int64)] {
    var found: [(offset: Int, milliseconds: Int64)] = []
    while let entry = next(), entry.offset < range.upperBound {
      ahead.removeFirst()
      if entry.offset > range.lowerBound { found.append(entry) } else { last = entry }
    }
    if let last { found.insert(last, at: 0) }
    last = found.last
    return found
  }

  /// The first entry that was not used yet, without taking it.
  private mutating func next() -> (offset: Int, milliseconds: Int64)? {
    if ahead.isEmpty { readMore() }
    return ahead.first
  }

  private mutating func readMore() {
    guard let file else { return }
    let bytes = file.read(at: offset, limit: 64 << 10)
    offset += bytes.count
    rest += bytes
    guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else {
      // No entry is this long: the file is not what it should be, and its times are not worth memory.
      if rest.count > 1 << 10 { rest = [] }
      return
    }
    ahead =
      rest[..<end].split(separator: UInt8(ascii: "\n")).compactMap { line in
        let words = line.split(separator: UInt8(ascii: " "))
        guard words.count == 2, let offset = Int(String(decoding: words[0], as: UTF8.self)),
          let time = Int64(String(decoding: words[1], as: UTF8.self))
        else { return nil }
        return (offset, time)
      }[...]
    rest.removeSubrange(...end)
  }
}
