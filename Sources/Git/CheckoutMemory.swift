import CGit2
import Glibc

/// What the last checkout remembers of the workspace: a Git index (version 2, gitformat-index(5)) with a cache tree,
/// and for each folder of that what the disk said about it. Taken apart without copying.
///
/// It only saves work: a file counts as right where object, mode and eight fields of its status on disk agree, a
/// folder's tree as inspected where its place and its object agree. A checksum keeps damage out.
struct CheckoutMemory {
  /// A folder with at least one file below it.
  struct Folder {
    /// All entries below it.
    let entries: Range<Int32>
    /// The folder after all that are below it; folders are in the order of a walk.
    let next: Int32
    let id: ObjectID
    let status: FileStatus
  }

  /// Of the attributes that files were written under, and of the machine's start that it was in.
  let fingerprint: String
  /// When the file was written: what changed then or later has to be looked at.
  let written: timespec
  private(set) var folders: [Folder] = []
  /// The folders by their paths; the top's is empty.
  private(set) var places: [[UInt8]: Int32] = [:]
  private let bytes: [UInt8]
  /// Where each entry begins, and how long its path is; in the order of paths.
  private var entries: [(offset: Int, pathLength: Int)] = []

  static let magic = Array("pushrod1".utf8)
  private static let fixed = 62

  /// - Returns: `nil` for bytes of another form.
  init?(_ bytes: [UInt8], written: timespec) {
    let isWhole = bytes.withUnsafeBytes { bytes in
      bytes.count > 8
        && Checksum.of(UnsafeRawBufferPointer(rebasing: bytes.dropLast(8)))
          == bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
    }
    guard isWhole else { return nil }
    self.bytes = bytes
    self.written = written
    var reader = ByteReader(bytes)
    guard reader.take(8)?.elementsEqual(Self.magic) == true, let length = reader.word(), length <= 128,
      let fingerprint = reader.take(Int(length)), let count = reader.word(), Int(count) <= bytes.count / 32
    else { return nil }
    self.fingerprint = String(decoding: fingerprint, as: UTF8.self)
    var statuses: [FileStatus] = []
    statuses.reserveCapacity(Int(count))
    for _ in 0..<count {
      guard let status = reader.status() else { return nil }
      statuses.append(status)
    }
    guard readEntries(&reader), reader.take(4)?.elementsEqual("TREE".utf8) == true, reader.word() != nil else {
      return nil
    }
    guard readFolder(&reader, statuses, path: [], from: 0, depth: 0) != nil, folders.count == statuses.count else {
      return nil
    }
  }

  private mutating func readEntries(_ reader: inout ByteReader) -> Bool {
    guard reader.take(8)?.elementsEqual(Array("DIRC".utf8) + [0, 0, 0, 2]) == true, let count = reader.word(),
      Int(count) <= bytes.count / Self.fixed
    else { return false }
    entries.reserveCapacity(Int(count))
    let start = reader.at
    return bytes.withUnsafeBytes { raw in
      var at = start
      for _ in 0..<count {
        guard at + Self.fixed < raw.count else { return false }
        var end = at + Self.fixed
        while end < raw.count, raw[end] != 0 { end += 1 }
        guard end < raw.count else { return false }
        let length = end - at - Self.fixed
        entries.append((at, length))
        at += (Self.fixed + length + 8) / 8 * 8
      }
      return reader.skip(to: at)
    }
  }

  /// Reads a node of the cache tree and those below it.
  /// - Parameter from: the first entry that can be its own.
  /// - Returns: the entry after its last.
  private mutating func readFolder(
    _ reader: inout ByteReader, _ statuses: [FileStatus], path: [UInt8], from: Int32, depth: Int
  ) -> Int32? {
    guard depth <= 512, folders.count < statuses.count, let name = reader.until(0),
      let count = reader.until(UInt8(ascii: " ")).flatMap(Self.number),
      let subfolders = reader.until(UInt8(ascii: "\n")).flatMap(Self.number), let id = reader.take(20),
      depth == 0 ? name.isEmpty : !name.isEmpty, !name.contains(UInt8(ascii: "/"))
    else { return nil }
    let path = depth == 0 ? [] : path.isEmpty ? Array(name) : path + [UInt8(ascii: "/")] + name
    let prefix = path.isEmpty ? [] : path + [UInt8(ascii: "/")]
    // Files that belong to the folder above stand before it.
    var start = from
    if depth > 0 { while start < entries.count, !self.path(start).starts(with: prefix) { start += 1 } }
    let (end, overflow) = start.addingReportingOverflow(count)
    guard !overflow, end <= entries.count else { return nil }
    let place = folders.count
    let own = Folder(
      entries: start..<end, next: 0, id: id.withUnsafeBytes { ObjectID(bytes: $0) }, status: statuses[place])
    folders.append(own)
    places[path] = Int32(place)
    var next = start
    for _ in 0..<subfolders {
      let child = Int32(folders.count)
      guard let after = readFolder(&reader, statuses, path: path, from: next, depth: depth + 1), after <= end,
        isPlain(next..<folders[Int(child)].entries.lowerBound, prefix)
      else { return nil }
      next = after
    }
    guard isPlain(next..<end, prefix) else { return nil }
    folders[place] = Folder(
      entries: own.entries, next: Int32(folders.count), id: own.id, status: own.status)
    return end
  }

  /// The entries are files of this very folder.
  private func isPlain(_ range: Range<Int32>, _ prefix: [UInt8]) -> Bool {
    range.allSatisfy { entry in
      let path = path(entry)
      return path.starts(with: prefix) && !path.dropFirst(prefix.count).contains(UInt8(ascii: "/"))
    }
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int32? {
    Int32(String(decoding: digits, as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// Whether no name came into the folder or went from it since.
  func isUnchanged(_ status: FileStatus, _ place: Int32) -> Bool {
    let remembered = folders[Int(place)].status
    return status == remembered && status.inode != 0 && !status.isRacy(at: written)
  }

  // MARK: Entries

  var count: Int32 { Int32(entries.count) }

  func path(_ entry: Int32) -> ArraySlice<UInt8> {
    let (offset, length) = entries[Int(entry)]
    return bytes[(offset + Self.fixed)..<(offset + Self.fixed + length)]
  }

  /// Calls `body` with the part of the path from `start` on; a NUL ends it.
  func withName<Result>(_ entry: Int32, from start: Int, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let offset = entries[Int(entry)].offset + Self.fixed + start
    return bytes.withUnsafeBytes {
      body(($0.baseAddress.unsafelyUnwrapped + offset).assumingMemoryBound(to: CChar.self))
    }
  }

  /// The entry as it stands in an index.
  func withRecord(_ entry: Int32, _ body: (UnsafeRawBufferPointer) -> Void) {
    let (offset, length) = entries[Int(entry)]
    bytes.withUnsafeBytes {
      body(UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + (Self.fixed + length + 8) / 8 * 8)]))
    }
  }

  func id(_ entry: Int32) -> ObjectID {
    let offset = entries[Int(entry)].offset
    return bytes.withUnsafeBytes { ObjectID(bytes: UnsafeRawBufferPointer(rebasing: $0[(offset + 40)...])) }
  }

  func mode(_ entry: Int32) -> UInt32 { word(entry, 6) }

  func status(_ entry: Int32) -> FileStatus {
    bytes.withUnsafeBytes { FileStatus(record: $0, at: entries[Int(entry)].offset) }
  }

  func size(_ entry: Int32) -> Int { Int(word(entry, 9)) }

  /// The entry with this path.
  func find(_ path: [UInt8]) -> Int32? {
    var (low, high) = (Int32(0), count)
    while low < high {
      let middle = low + (high - low) / 2
      if order(of: middle, path[...]) < 0 { low = middle + 1 } else { high = middle }
    }
    return low < count && order(of: low, path[...]) == 0 ? low : nil
  }

  /// Below 0 where the entry's path comes before `path`.
  func order(of entry: Int32, _ path: ArraySlice<UInt8>) -> Int {
    let (offset, length) = entries[Int(entry)]
    return bytes.withUnsafeBytes { bytes in
      path.withUnsafeBytes { path in
        let order = memcmp(
          bytes.baseAddress.unsafelyUnwrapped + offset + Self.fixed,
          path.baseAddress ?? bytes.baseAddress.unsafelyUnwrapped,
          min(length, path.count))
        return order != 0 ? Int(order) : length - path.count
      }
    }
  }

  private func word(_ entry: Int32, _ place: Int) -> UInt32 {
    let offset = entries[Int(entry)].offset + place * 4
    return bytes.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
  }
}
