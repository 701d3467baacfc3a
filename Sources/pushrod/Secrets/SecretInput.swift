import Glibc
import Model

/// The value of a secret, from standard input, or typed on a terminal that does not show it.
enum SecretInput {
  private static let longest = 64 << 10

  static func read(_ name: String) throws(CommandExit) -> Secret {
    let bytes = isatty(0) == 1 ? try typed("Value of \(name): ") : try piped()
    let secret = Secret(fileContents: bytes)
    guard !secret.isBlank else { throw CommandExit(.wrongUse, "the value is empty; nothing was stored.") }
    guard bytes.count <= longest else {
      throw CommandExit(.wrongUse, "the value is larger than \(longest) bytes; nothing was stored.")
    }
    if let obstacle = secret.obstacle {
      throw CommandExit(.wrongUse, "the value \(obstacle); encode it (base64) first. Nothing was stored.")
    }
    guard secret.isLongEnough else {
      throw CommandExit(
        .wrongUse,
        "the value has fewer than \(Secret.shortest) bytes: it could not be masked in logs, and can be guessed. "
          + "Choose a longer one; what is no secret belongs in the pipeline's `env`.")
    }
    return secret
  }

  private static func piped() throws(CommandExit) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count <= longest {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(0, $0.baseAddress, $0.count) }
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw CommandExit(.failed, "cannot read standard input: \(String(cString: strerror(errno))).")
      }
      bytes += chunk[..<count]
    }
    return bytes
  }

  /// Signals are read as characters, so that no way out leaves the terminal without its echo.
  private static func typed(_ prompt: String) throws(CommandExit) -> [UInt8] {
    var before = termios()
    guard tcgetattr(0, &before) == 0 else { return try piped() }
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    Output.error.write(prompt.utf8)
    tcsetattr(0, TCSAFLUSH, &silent)
    defer {
      tcsetattr(0, TCSAFLUSH, &before)
      Output.error.print("")
    }
    var line: [UInt8] = []
    while line.count <= longest {
      var byte: UInt8 = 0
      let count = Glibc.read(0, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { break }
      switch byte {
      case 0x0a, 0x0d: return line
      case 0x03, 0x1c: throw CommandExit(.interrupted, "nothing was stored.")
      case 0x04 where line.isEmpty: throw CommandExit(.wrongUse, "nothing was typed; nothing was stored.")
      case 0x04: return line
      case 0x08, 0x7f: _ = line.popLast()
      case 0x15: line = []
      default: line.append(byte)
      }
    }
    return line
  }
}
