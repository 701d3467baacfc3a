import Glibc

/// Files of the kernel that say a few lines.
enum SmallFile {
  /// The whole text; `nil` where the file cannot be read.
  static func read(_ path: String, limit: Int = 1 << 20) -> String? {
    guard let file = Descriptor.open(path, O_RDONLY) else { return nil }
    return String(decoding: file.readAvailable(limit: limit), as: UTF8.self)
  }

  /// - Returns: false and `errno` where that failed.
  static func write(_ text: String, to path: String) -> Bool {
    guard let file = Descriptor.open(path, O_WRONLY) else { return false }
    let bytes = Array(text.utf8)
    return Glibc.write(file.raw, bytes, bytes.count) == bytes.count
  }
}
