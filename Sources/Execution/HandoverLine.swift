import FoundationEssentials
import Glibc
import Model

/// Reads the one line that the launcher writes to a runner's standard input.
enum HandoverLine {
  static let limit = 1 << 20

  /// The bytes up to the first newline or the end; standard input is `/dev/null` afterwards.
  /// - Throws: `RunnerFailure` for a line that is too long, or does not come within thirty seconds.
  static func read() throws(RunnerFailure) -> [UInt8] {
    let deadline = Instant.now + .seconds(30)
    var line: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var entry = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, deadline.millisecondsLeft) != 0 else {
        throw RunnerFailure("nothing came on standard input for thirty seconds")
      }
      let count = Glibc.read(0, &buffer, buffer.count)
      if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
      guard count >= 0 else { throw .last("read standard input") }
      if count == 0 { break }
      if let end = buffer[..<count].firstIndex(of: UInt8(ascii: "\n")) {
        line += buffer[..<end]
        break
      }
      line += buffer[..<count]
      guard line.count <= limit else { throw RunnerFailure("the line on standard input is longer than 1 MiB") }
    }
    if let nothing = Descriptor.open("/dev/null", O_RDWR) { dup2(nothing.raw, 0) }
    guard line.count <= limit else { throw RunnerFailure("the line on standard input is longer than 1 MiB") }
    return line
  }

  /// - Throws: `RunnerFailure` that says nothing of the contents, which may be secret.
  static func decode<Value: Decodable>(_ type: Value.Type, from line: [UInt8]) throws(RunnerFailure) -> Value {
    do {
      return try JSON.decoder().decode(type, from: Data(line))
    } catch {
      throw RunnerFailure("the line on standard input is no \(type) in JSON; the agent starts runners, not people")
    }
  }
}
