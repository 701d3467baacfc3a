import Glibc
public import Model

/// How much room there is on a disk of the agent's.
public struct DiskRoom: Codable, Hashable, Sendable {
  public enum Level: String, Codable, Sendable {
    case enough, low
    /// Too little for new runs.
    case short
  }

  /// `store` or `runs`: what lies on it.
  public var disk: String
  public var folder: String
  /// Bytes that the agent may still write.
  public var free: Int
  /// Bytes of the whole disk.
  public var size: Int
  public var level: Level
  /// Bytes below which no new run starts.
  public var stop: Int
  /// How many more files can be made, where the file system has a bound.
  public var files: Int?

  /// Looks at the disk; it may block. What is not there yet will be made in the folder above it.
  /// - Returns: `nil` where the system does not say.
  public init?(_ disk: String, at folder: String, _ marks: DiskMarks) {
    var place = folder
    var system = statvfs()
    while statvfs(place, &system) != 0 {
      if errno == EINTR { continue }
      guard errno == ENOENT, let slash = place.lastIndex(of: "/"), slash > place.startIndex else { return nil }
      place = String(place[..<slash])
    }
    self.init(
      disk, at: folder, free: Int(clamping: system.f_bavail).multipliedReportingOverflow(by: Int(system.f_frsize)).0,
      size: Int(clamping: system.f_blocks).multipliedReportingOverflow(by: Int(system.f_frsize)).0, marks)
    if system.f_files > 0 { files = Int(clamping: system.f_favail) }
  }

  /// - Parameters:
  ///   - free: in bytes.
  ///   - size: in bytes.
  public init(_ disk: String, at folder: String, free: Int, size: Int, _ marks: DiskMarks) {
    self.disk = disk
    self.folder = folder
    self.free = free
    self.size = size
    stop = marks.stop.bytes(ofDisk: size)
    level = free < stop ? .short : free < marks.warn.bytes(ofDisk: size) ? .low : .enough
  }

  /// What a queued run waits for, where there is too little room.
  public var shortage: String? {
    guard level == .short else { return nil }
    return "the disk of \(folder) has \(ByteSize.words(free)) free; runs start again above \(ByteSize.words(stop))"
  }
}
