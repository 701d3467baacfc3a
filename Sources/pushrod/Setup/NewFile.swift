import Glibc

/// A file that is there whole or not at all.
struct NewFile {
  var path: String
  var contents: [UInt8]
  var mode: mode_t

  /// Writes beside the target, to disk, and then puts it in place with one call.
  ///
  /// - Parameter replacing: where `false`, a file that is there already, also one that appeared this very moment,
  ///   stays as it is and is an error.
  func write(replacing: Bool) throws(CommandExit) {
    var template = Array("\(path).XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw failure() }
    let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(temporary) }
    defer { close(descriptor) }
    // Before the first byte is in it.
    guard fchmod(descriptor, mode) == 0 else { throw failure() }
    var rest = contents[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure()
      }
      rest = rest.dropFirst(count)
    }
    guard fsync(descriptor) == 0 else { throw failure() }
    // link(2) refuses a name that is taken; rename(2) replaces it.
    guard (replacing ? rename(temporary, path) : link(temporary, path)) == 0 else { throw failure() }
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String, mode: mode_t = 0o755) throws(CommandExit) {
    if mkdir(path, mode) == 0 || errno == EEXIST { return }
    if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeFolder(String(path[..<slash]), mode: 0o755)
      if mkdir(path, mode) == 0 || errno == EEXIST { return }
    }
    throw CommandExit(.wrongUse, "cannot make the folder \(path): \(String(cString: strerror(errno))).")
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private func failure() -> CommandExit {
    CommandExit(.wrongUse, "cannot write \(path): \(String(cString: strerror(errno))).")
  }
}
