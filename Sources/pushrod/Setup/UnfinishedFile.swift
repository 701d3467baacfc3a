import Glibc

/// A file that is written beside its target, and takes its place, whole and on the disk, with one call.
final class UnfinishedFile {
  let target: String
  /// Where it lies until it is finished.
  let temporary: String
  private let descriptor: Int32
  private let code: CommandExit.Code

  /// - Parameters:
  ///   - mode: its permissions, before the first byte is in it.
  ///   - code: what the command ends with where writing fails.
  init(_ target: String, mode: mode_t, code: CommandExit.Code) throws(CommandExit) {
    var template = Array("\(target).XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    self.target = target
    self.code = code
    temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard descriptor >= 0, fchmod(descriptor, mode) == 0 else { throw failure() }
  }

  /// Nothing is left of one that was not finished.
  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporary)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(CommandExit) {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if errno != EINTR {
        throw failure()
      }
    }
  }

  /// Returns when what was written is on the disk.
  func sync() throws(CommandExit) {
    guard fsync(descriptor) == 0 else { throw failure() }
  }

  /// Puts it in its place.
  ///
  /// - Parameter replacing: where `false`, a file that is there already, also one that appeared this very moment,
  ///   stays as it is and is an error.
  func finish(replacing: Bool) throws(CommandExit) {
    try sync()
    // link(2) refuses a name that is taken; rename(2) replaces it.
    guard (replacing ? rename(temporary, target) : link(temporary, target)) == 0 else { throw failure() }
    let folder = open(UnfinishedFile.folder(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    _ = fsync(folder)
    close(folder)
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  private func failure() -> CommandExit {
    CommandExit(code, "cannot write \(target): \(String(cString: strerror(errno))).")
  }
}
