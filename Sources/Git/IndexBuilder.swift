import CGit2

/// Writes a Git index (version 2, gitformat-index(5)) with a cache tree, entry by entry in the order of paths, and
/// the memory of the checkout around it.
struct IndexBuilder {
  private struct Folder {
    let name: [UInt8]
    let id: ObjectID
    let firstEntry: UInt32
    var entries: UInt32 = 0
    var subfolders = 0
    var status = FileStatus()
  }

  private var bytes: [UInt8] = []
  private var count: UInt32 = 0
  private var folders: [Folder] = []
  /// Where entries begin that are not on the disk.
  private var leftOut: [Int] = []
  /// The folders that are being written, from the top down.
  private var open: [Int] = []

  /// - Parameter capacity: about how many entries there will be.
  init(capacity: Int) {
    bytes.reserveCapacity(capacity * 100 + 64)
    bytes += Array("DIRC".utf8) + [0, 0, 0, 2, 0, 0, 0, 0]
  }

  /// Entries from here to `endFolder` are below the folder; the top's name is empty.
  mutating func beginFolder(_ name: some Sequence<UInt8>, _ id: ObjectID) {
    if let above = open.last { folders[above].subfolders += 1 }
    open.append(folders.count)
    folders.append(Folder(name: Array(name), id: id, firstEntry: count))
  }

  mutating func endFolder(_ status: FileStatus) {
    let folder = open.removeLast()
    folders[folder].entries = count - folders[folder].firstEntry
    folders[folder].status = status
  }

  /// - Parameter isLeftOut: the file is not on the disk, and is not missing there.
  mutating func append(
    path: ArraySlice<UInt8>, id: ObjectID, mode: UInt32, status: FileStatus, isLeftOut: Bool = false
  ) {
    if isLeftOut { leftOut.append(bytes.count) }
    withUnsafeTemporaryAllocation(byteCount: 62, alignment: 4) { fixed in
      status.store(to: fixed, mode: mode)
      fixed.storeBytes(of: id.raw, toByteOffset: 40, as: git_oid.self)
      fixed.storeBytes(of: UInt16(min(path.count, 0xfff)).bigEndian, toByteOffset: 60, as: UInt16.self)
      bytes.append(contentsOf: fixed)
    }
    bytes.append(contentsOf: path)
    bytes.append(contentsOf: repeatElement(0, count: 8 - (62 + path.count) % 8))
    count += 1
  }

  /// Takes an entry over as it stands in another index.
  mutating func append(record: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: record)
    count += 1
  }

  /// The whole index, and the whole memory.
  consuming func finish(fingerprint: String) -> (index: [UInt8], memory: [UInt8]) {
    for (place, byte) in Self.word(count).enumerated() { bytes[8 + place] = byte }
    var tree: [UInt8] = []
    for folder in folders {
      tree += folder.name + Array("\0\(folder.entries) \(folder.subfolders)\n".utf8)
      withUnsafeBytes(of: folder.id.raw) { tree.append(contentsOf: $0) }
    }
    let end = Array("TREE".utf8) + Self.word(UInt32(tree.count)) + tree
    let sparse = leftOut.isEmpty ? nil : version3() + end
    bytes += end
    bytes += SHA1.digest(of: bytes)
    var memory: [UInt8] = []
    memory.reserveCapacity(bytes.count + folders.count * 40 + 100)
    memory += CheckoutMemory.magic + Self.word(UInt32(fingerprint.utf8.count)) + Array(fingerprint.utf8)
    memory += Self.word(UInt32(folders.count))
    for folder in folders {
      withUnsafeTemporaryAllocation(byteCount: 40, alignment: 4) { words in
        folder.status.store(to: words, mode: 0)
        memory.append(contentsOf: words)
      }
    }
    memory += bytes
    let checksum = memory.withUnsafeBytes { Checksum.of($0) }
    withUnsafeBytes(of: checksum) { memory.append(contentsOf: $0) }
    return (sparse.map { $0 + SHA1.digest(of: $0) } ?? bytes, memory)
  }

  /// The entries so far as version 3 has them, where those that are left out carry the bit "skip-worktree".
  private func version3() -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + leftOut.count * 8)
    result += bytes[..<4] + [0, 0, 0, 3] + bytes[8..<12]
    var done = 12
    for start in leftOut {
      result += bytes[done..<start]
      let path = bytes[(start + 62)...].prefix { $0 != 0 }
      result += bytes[start..<(start + 60)]
      // "Extended": sixteen more bits follow.
      result += [bytes[start + 60] | 0x40, bytes[start + 61], 0x40, 0]
      result += path
      result += repeatElement(0, count: 8 - (64 + path.count) % 8)
      done = start + (62 + path.count + 8) / 8 * 8
    }
    return result + bytes[done...]
  }

  private static func word(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
