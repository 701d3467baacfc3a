import Glibc

/// A folder that was opened without following a link, so that what is done in it is done there, whatever its name
/// leads to meanwhile.
struct OpenFolder: ~Copyable {
  let descriptor: Int32

  /// - Returns: `nil`, with `errno` set, where there is no such folder. A symbolic link is none.
  init?(_ path: String) { self.init(opening: open(path, OpenFolder.flags)) }

  /// - Parameter name: of an entry of `parent`.
  init?(_ name: [CChar], in parent: borrowing OpenFolder) {
    self.init(opening: openat(parent.descriptor, name, OpenFolder.flags))
  }

  /// - Parameter name: of an entry of `parent`.
  init?(_ name: String, in parent: borrowing OpenFolder) {
    self.init(opening: openat(parent.descriptor, name, OpenFolder.flags))
  }

  private init?(opening descriptor: Int32) {
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  private static let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC

  /// Names of what is in it, at most `limit`, as the file system has them; `.` and `..` are left out.
  func names(atMost limit: Int = .max) -> [[CChar]] {
    // A descriptor of its own: reading moves its place, and closing the stream closes it.
    let copy = openat(descriptor, ".", OpenFolder.flags)
    guard copy >= 0 else { return [] }
    guard let stream = fdopendir(copy) else {
      close(copy)
      return []
    }
    defer { closedir(stream) }
    var names: [[CChar]] = []
    while names.count < limit, let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
      }
      let dot = CChar(bitPattern: UInt8(ascii: "."))
      if name != [dot], name != [dot, dot] { names.append(name + [0]) }
    }
    return names
  }
}
