import Foundation
import TestSupport

/// A file system (ext4) in a file, whose blocks a test can change behind its back.
public final class DiskImage {
  public let path: String
  private let image: String

  public static let isPossible: Bool = {
    guard geteuid() == 0, let area = try? TemporaryDirectory("image") else { return false }
    return (try? DiskImage(at: area.file("disk"), megabytes: 8)) != nil
  }()

  public static let whyNot = "a file system in a file needs root, mkfs.ext4 and a loop device"

  public init(at path: String, megabytes: Int) throws {
    self.path = path
    image = path + ".img"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try runChecked(["truncate", "--size", "\(megabytes)M", image])
    try runChecked(["mkfs.ext4", "-q", "-F", image])
    try mount()
  }

  deinit { _ = try? run(["umount", "--lazy", path]) }

  public func mount() throws { try runChecked(["mount", "-o", "loop", image, path]) }

  /// Waits for those who have something open on it.
  public func unmount() throws {
    try waitUntil("\(path) is unmounted") { try run(["umount", path]).status == 0 }
  }

  /// Puts NUL in the place of a text, wherever it stands. While it is not mounted.
  /// - Returns: how often it stood there.
  public func erase(_ text: String) throws -> Int {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: image))
    let (text, zeros) = (Data(text.utf8), Data(count: text.utf8.count))
    var (count, from) = (0, bytes.startIndex)
    while let range = bytes.range(of: text, in: from..<bytes.endIndex) {
      bytes.replaceSubrange(range, with: zeros)
      (count, from) = (count + 1, range.upperBound)
    }
    try bytes.write(to: URL(fileURLWithPath: image))
    return count
  }
}
