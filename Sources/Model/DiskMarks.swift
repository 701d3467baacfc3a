/// Free room on a disk, as a number of bytes, a part of the disk, or the lesser of the two.
public struct DiskMark: Hashable, Sendable {
  public var bytes: Int?
  /// Of the disk's size, from 0 to 100.
  public var percent: Double?

  public init(bytes: Int? = nil, percent: Double? = nil) {
    self.bytes = bytes
    self.percent = percent
  }

  /// - Parameter size: of the disk, in bytes.
  public func bytes(ofDisk size: Int) -> Int {
    let part = percent.map { Int(Double(size) * $0 / 100) }
    return min(bytes ?? .max, part ?? bytes ?? 0)
  }
}

/// When a disk has too little room.
public struct DiskMarks: Hashable, Sendable {
  /// Below this the log and `pushrod doctor` say so.
  public var warn: DiskMark
  /// Below this no new run starts.
  public var stop: DiskMark

  public init(
    warn: DiskMark = DiskMark(bytes: 2 << 30, percent: 10), stop: DiskMark = DiskMark(bytes: 512 << 20, percent: 2)
  ) {
    self.warn = warn
    self.stop = stop
  }
}
