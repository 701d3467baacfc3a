import Foundation
import TestSupport

/// A file system in memory, as small as a test wants it.
public final class SmallDisk {
  public let path: String

  /// Whether this process may mount.
  public static let isPossible: Bool = {
    guard geteuid() == 0, let area = try? TemporaryDirectory("mount") else { return false }
    guard let disk = try? SmallDisk(at: area.path, "size=64k") else { return false }
    disk.unmount()
    return true
  }()

  public static let whyNot = "mounting a small file system needs root, and a kernel that lets root do it"

  /// - Parameter options: of tmpfs(5): `size=4m`, `nr_inodes=20`, `ro`.
  public init(at path: String, _ options: String) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try runChecked(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path])
  }

  deinit { unmount() }

  public func remount(_ options: String) throws {
    try runChecked(["mount", "-o", "remount,\(options)", path])
  }

  /// Writes until nothing fits any more.
  public func fill(leaving free: Int = 0) throws {
    let ballast = path + "/ballast"
    _ = FileManager.default.createFile(atPath: ballast, contents: nil)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: ballast))
    for size in [65_536, 4_096] { while (try? file.write(contentsOf: Data(count: size))) != nil {} }
    if free > 0 {
      let size = try file.seekToEnd()
      try file.truncate(atOffset: size - UInt64(min(free, Int(size))))
    }
    try file.close()
  }

  public func empty() throws { try FileManager.default.removeItem(atPath: path + "/ballast") }

  /// Also where something is still open on it. Harmless to call again.
  public func unmount() { _ = try? run(["umount", "-l", path]) }
}
