import Glibc
import Model

/// Copies files that are no database that anybody has open.
enum FileCopy {
  /// Makes `target`, mode 0600, the property of its folder's owner; what is there already is an error.
  /// - Parameter progress: told how many bytes of how many were copied.
  static func copy(
    _ source: String, to target: String, mayBeMissing: Bool, progress: (Int, Int) -> Void
  ) throws(StoreFailure) {
    guard let file = try PlainFile(source) else {
      if mayBeMissing { return }
      throw StoreFailure("there is no file \(source).")
    }
    let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("make", target) }
    defer { close(descriptor) }
    PrivateFile.give(descriptor, toOwnerOf: PrivateFile.folder(of: target))
    var place = 0
    while true {
      let bytes = try file.read(at: place, limit: 1 << 20)
      if bytes.isEmpty { return }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
          rest = rest.dropFirst(count)
        } else if errno != EINTR {
          throw failure("write", target)
        }
      }
      place += bytes.count
      progress(place, file.size)
    }
  }

  /// Returns when the file is on the disk.
  static func sync(_ path: String) throws(StoreFailure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    guard descriptor >= 0, fsync(descriptor) == 0 else { throw failure("bring to the disk", path) }
  }

  private static func failure(_ what: String, _ path: String) -> StoreFailure {
    StoreFailure("cannot \(what) \(path): \(String(cString: strerror(errno))).")
  }
}
