import Glibc

/// A Git index as the last checkout wrote it (version 2, gitformat-index(5)), taken apart without copying.
struct IndexFile {
  fileprivate let bytes: [UInt8]
  /// Where each entry begins, and how long its path is; in the order of paths.
  fileprivate let entries: [(offset: Int, pathLength: Int)]
  /// When the file was written.
  let written: timespec

  fileprivate static let fixed = 62

  /// The checksum is not looked at: an entry counts only where its path, its object and eight fields of the file
  /// on disk agree with it, which damage does not bring about.
  /// - Returns: `nil` where the bytes do not have the form of an index.
  init?(_ bytes: [UInt8], written: timespec) {
    guard bytes.count >= 12 + 20, bytes.starts(with: Array("DIRC".utf8) + [0, 0, 0, 2]) else { return nil }
    let entries: [(offset: Int, pathLength: Int)]? = bytes.withUnsafeBytes { raw in
      func word(_ at: Int) -> Int { Int(UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt32.self))) }
      let count = word(8)
      guard count <= raw.count / Self.fixed else { return nil }
      var list: [(offset: Int, pathLength: Int)] = []
      list.reserveCapacity(count)
      var at = 12
      for _ in 0..<count {
        guard at + Self.fixed < raw.count - 20 else { return nil }
        var end = at + Self.fixed
        while end < raw.count - 20, raw[end] != 0 { end += 1 }
        let length = end - at - Self.fixed
        list.append((at, length))
        at += (Self.fixed + length + 8) / 8 * 8
      }
      return list
    }
    guard let entries else { return nil }
    self.bytes = bytes
    self.entries = entries
    self.written = written
  }
}

/// Walks an index beside a tree: both are in the order of paths, so each step is one comparison.
struct IndexCursor {
  private let index: IndexFile?
  private var next = 0

  /// - Parameter index: `nil` knows nothing.
  init(_ index: IndexFile?) { self.index = index }

  /// What the index says about `path`, where it says it of the object `id`. Paths must be asked in order.
  mutating func status(of path: ArraySlice<UInt8>, _ id: ObjectID) -> (status: FileStatus, mode: UInt32)? {
    guard let index else { return nil }
    return index.bytes.withUnsafeBytes { bytes in
      path.withUnsafeBytes { path in
        while next < index.entries.count {
          let (offset, length) = index.entries[next]
          let own = UnsafeRawBufferPointer(rebasing: bytes[(offset + IndexFile.fixed)..<(offset + IndexFile.fixed + length)])
          let order = Self.compare(own, path)
          if order > 0 { return nil }
          next += 1
          if order < 0 { continue }
          guard ObjectID(bytes: UnsafeRawBufferPointer(rebasing: bytes[(offset + 40)...])) == id else { return nil }
          func word(_ index: Int) -> UInt32 {
            UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + index * 4, as: UInt32.self))
          }
          var status = FileStatus()
          status.changedSeconds = word(0)
          status.changedNanoseconds = word(1)
          status.modifiedSeconds = word(2)
          status.modifiedNanoseconds = word(3)
          status.inode = word(5)
          status.user = word(7)
          status.group = word(8)
          status.size = word(9)
          return (status, word(6))
        }
        return nil
      }
    }
  }

  /// The size on disk of an unchanged file.
  mutating func size(of path: ArraySlice<UInt8>, _ id: ObjectID) -> Int? {
    status(of: path, id).map { Int($0.status.size) }
  }

  /// Files that changed at the moment the index was written, or later, have to be read.
  func isRacy(_ status: FileStatus) -> Bool { index.map { status.isRacy(at: $0.written) } ?? true }

  static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    if let a = left.baseAddress, let b = right.baseAddress {
      let order = memcmp(a, b, min(left.count, right.count))
      if order != 0 { return Int(order) }
    }
    return left.count - right.count
  }
}
