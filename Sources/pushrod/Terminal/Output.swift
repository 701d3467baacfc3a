import Glibc

/// Standard output and standard error, unbuffered: what was printed is out when the call returns.
enum Output: Int32 {
  case standard = 1
  case error = 2

  /// Writes all of `bytes`. A reader that has gone away (`pushrod runs | head`) ends the process quietly.
  func write(_ bytes: some Collection<UInt8>) {
    if !tryWrite(bytes) { Glibc.exit(0) }
  }

  /// - Returns: false where the reader has gone away.
  func tryWrite(_ bytes: some Collection<UInt8>) -> Bool {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR && errno != EAGAIN {
        if errno == EPIPE { return false }
        Glibc.exit(CommandExit.Code.failed.rawValue)
      }
    }
    return true
  }

  func print(_ line: String) { write((line + "\n").utf8) }
}
