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

  /// Whether the file was changed at, or after, this moment. The clock of a file system ticks every few
  /// milliseconds: a second change within a tick leaves no trace.
  func isRacy(at moment: timespec) -> Bool {
    let seconds = UInt32(truncatingIfNeeded: moment.tv_sec)
    let nanoseconds = UInt32(truncatingIfNeeded: moment.tv_nsec)
    return (changedSeconds, changedNanoseconds) >= (seconds, nanoseconds)
      || (modifiedSeconds, modifiedNanoseconds) >= (seconds, nanoseconds)
  }
}
