/// Reads a file's bytes from front to back, never beyond their end.
struct ByteReader {
  private let bytes: [UInt8]
  private(set) var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= bytes.count - at else { return nil }
    defer { at += count }
    return bytes[at..<(at + count)]
  }

  /// Four bytes, big endian.
  mutating func word() -> UInt32? { take(4)?.reduce(0) { $0 << 8 | UInt32($1) } }

  /// What comes before the next `end`, which is skipped.
  mutating func until(_ end: UInt8) -> ArraySlice<UInt8>? {
    guard let stop = bytes[at...].firstIndex(of: end) else { return nil }
    defer { at = stop + 1 }
    return bytes[at..<stop]
  }

  mutating func status() -> FileStatus? {
    guard bytes.count - at >= 40 else { return nil }
    defer { at += 40 }
    return bytes.withUnsafeBytes { FileStatus(record: $0, at: at) }
  }

  mutating func skip(to place: Int) -> Bool {
    guard place >= at, place <= bytes.count else { return false }
    at = place
    return true
  }
}
