import Glibc

/// What an index file keeps about a file on disk (gitformat-index(5)): ten 32-bit fields.
///
/// The time of change cannot be set by a program, so a file whose fields are all as recorded was not written
/// since, whatever was done to its size and its time of modification.
struct FileStatus: Equatable {
  var changedSeconds: UInt32 = 0
  var changedNanoseconds: UInt32 = 0
  var modifiedSeconds: UInt32 = 0
  var modifiedNanoseconds: UInt32 = 0
  var inode: UInt32 = 0
  var user: UInt32 = 0
  var group: UInt32 = 0
  var size: UInt32 = 0

  /// Of a submodule, for which Git looks at its HEAD and not here.
  init() {}

  /// Of an open folder; all zeros, which nothing equals, where it cannot be had.
  init(folder: Int32) {
    var status = stat()
    if fstat(folder, &status) == 0 { self.init(status) } else { self.init() }
  }

  init(_ status: stat) {
    changedSeconds = UInt32(truncatingIfNeeded: status.st_ctim.tv_sec)
    changedNanoseconds = UInt32(truncatingIfNeeded: status.st_ctim.tv_nsec)
    modifiedSeconds = UInt32(truncatingIfNeeded: status.st_mtim.tv_sec)
    modifiedNanoseconds = UInt32(truncatingIfNeeded: status.st_mtim.tv_nsec)
    inode = UInt32(truncatingIfNeeded: status.st_ino)
    user = status.st_uid
    group = status.st_gid
    size = UInt32(truncatingIfNeeded: status.st_size)
  }

  /// As ten big-endian words of an index, without device (word 4) and mode (word 6).
  init(record bytes: UnsafeRawBufferPointer, at offset: Int) {
    func word(_ place: Int) -> UInt32 {
      UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + place * 4, as: UInt32.self))
    }
    changedSeconds = word(0)
    changedNanoseconds = word(1)
    modifiedSeconds = word(2)
    modifiedNanoseconds = word(3)
    inode = word(5)
    user = word(7)
    group = word(8)
    size = word(9)
  }

  /// Writes the ten words; `bytes` has room for them.
  func store(to bytes: UnsafeMutableRawBufferPointer, mode: UInt32) {
    func put(_ word: UInt32, _ place: Int) {
      bytes.storeBytes(of: word.bigEndian, toByteOffset: place * 4, as: UInt32.self)
    }
    put(changedSeconds, 0)
    put(changedNanoseconds, 1)
    put(modifiedSeconds, 2)
    put(modifiedNanoseconds, 3)
    // The device changes with every mount, so Git does not compare it.
    put(0, 4)
    put(inode, 5)
    put(mode, 6)
    put(user, 7)
    put(group, 8)
    put(size, 9)
  }

  /// Whether the file was changed at, or after, this moment. The clock of a file system ticks every few
  /// milliseconds: a second change within a tick leaves no trace.
  func isRacy(at moment: timespec) -> Bool {
    let seconds = UInt32(truncatingIfNeeded: moment.tv_sec)
    let nanoseconds = UInt32(truncatingIfNeeded: moment.tv_nsec)
    return (changedSeconds, changedNanoseconds) >= (seconds, nanoseconds)
      || (modifiedSeconds, modifiedNanoseconds) >= (seconds, nanoseconds)
  }
}
