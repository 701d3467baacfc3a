import CGit2

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
    withUnsafeTemporaryAllocation(byteCount: 62, alignment: 4) { fixed in
      // The device is left zero: it changes with every mount, so Git does not compare it.
      func put(_ word: UInt32, _ place: Int) {
        fixed.storeBytes(of: word.bigEndian, toByteOffset: place * 4, as: UInt32.self)
      }
      put(status.changedSeconds, 0)
      put(status.changedNanoseconds, 1)
      put(status.modifiedSeconds, 2)
      put(status.modifiedNanoseconds, 3)
      put(0, 4)
      put(status.inode, 5)
      put(mode, 6)
      put(status.user, 7)
      put(status.group, 8)
      put(status.size, 9)
      fixed.storeBytes(of: id.raw, toByteOffset: 40, as: git_oid.self)
      fixed.storeBytes(of: UInt16(min(path.count, 0xfff)).bigEndian, toByteOffset: 60, as: UInt16.self)
      bytes.append(contentsOf: fixed)
    }
    bytes.append(contentsOf: path)
    let padding = 8 - (bytes.count - start) % 8
    bytes.append(contentsOf: repeatElement(0, count: padding))
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
}
