/// Writes a Git index (version 2, gitformat-index(5)), entry by entry in the order of paths.
struct IndexBuilder {
  private var bytes: [UInt8] = []
  private var count: UInt32 = 0

  init(capacity: Int) {
    bytes.reserveCapacity(capacity * 100 + 64)
    bytes += Array("DIRC".utf8) + [0, 0, 0, 2, 0, 0, 0, 0]
  }

  mutating func append(path: ArraySlice<UInt8>, id: ObjectID, mode: UInt32, status: FileStatus) {
    let start = bytes.count
    word(status.changedSeconds)
    word(status.changedNanoseconds)
    word(status.modifiedSeconds)
    word(status.modifiedNanoseconds)
    // The device: it changes with every mount, so Git does not compare it.
    word(0)
    word(status.inode)
    word(mode)
    word(status.user)
    word(status.group)
    word(status.size)
    withUnsafeBytes(of: id.raw) { bytes.append(contentsOf: $0) }
    let length = UInt16(min(path.count, 0xfff))
    bytes.append(UInt8(length >> 8))
    bytes.append(UInt8(truncatingIfNeeded: length))
    bytes.append(contentsOf: path)
    repeat { bytes.append(0) } while (bytes.count - start) % 8 != 0
    count += 1
  }

  /// The whole file.
  consuming func finish() -> [UInt8] {
    for (index, shift) in stride(from: 24, through: 0, by: -8).enumerated() {
      bytes[8 + index] = UInt8(truncatingIfNeeded: count >> UInt32(shift))
    }
    bytes += SHA1.digest(of: bytes)
    return bytes
  }

  private mutating func word(_ value: UInt32) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }
}
