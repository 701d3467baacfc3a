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
    let file = try UnfinishedFile(path, mode: mode, code: .wrongUse)
    try contents.withUnsafeBufferPointer { (bytes) throws(CommandExit) in
      try file.write(UnsafeRawBufferPointer(bytes))
    }
    try file.finish(replacing: replacing)
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
}
