import Glibc

/// A file that a command was told to read.
enum InputFile {
  /// The whole file.
  /// - Parameters:
  ///   - purpose: what the file is for, for the sentence: `headers`.
  ///   - limit: in bytes; a larger file is refused.
  static func read(_ path: String, purpose: String, limit: Int = 64 << 20) throws(CommandExit) -> [UInt8] {
    func failure(_ why: String) -> CommandExit {
      CommandExit(.wrongUse, "cannot read the \(purpose) file \(path): \(why).")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(String(cString: strerror(errno)))
      }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw failure("it is larger than \(limit >> 10) KiB") }
    }
  }
}
