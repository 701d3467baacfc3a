import Glibc
import Model
import RunDirectory

/// `runner.err` in a run directory: what a runner says beside its events, which is nothing unless it could
/// not do its work.
struct WordsOfRunner: ~Copyable {
  let descriptor: Int32

  static func path(in directory: RunDirectory) -> String { directory.path + "/runner.err" }

  /// Opens the file for a runner to write to.
  init(in directory: RunDirectory) throws(LaunchFailure) {
    let path = WordsOfRunner.path(in: directory)
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw LaunchFailure("cannot open \(path): \(String(cString: strerror(errno)))", code: errno)
    }
  }

  deinit { close(descriptor) }

  /// The last line, for a run's reason: at most 300 characters, printable ones only.
  static func lastLine(in directory: RunDirectory) -> String? {
    let descriptor = open(path(in: directory), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    let wanted = min(size, 4096)
    guard wanted > 0 else { return nil }
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(wanted)) { buffer, count in
      count = max(0, pread(descriptor, buffer.baseAddress, Int(wanted), size - wanted))
    }
    let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).last
    return line.map { line in
      String(
        String.UnicodeScalarView(line.unicodeScalars.filter { $0.properties.generalCategory != .control }).prefix(300))
    }
  }
}
