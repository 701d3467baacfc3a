import Glibc
import Model

/// The token that a command sends to an agent on another machine.
enum AgentToken {
  /// - Throws: `CommandExit` where there is none, or a file of it that is open to everybody.
  static func read(file: String?, environment: [String: String]) throws(CommandExit) -> Secret {
    if let file {
      var status = stat()
      if stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o007 != 0 {
        throw CommandExit(
          .wrongUse, "the token file \(file.onOneLine) is open to every user of this machine; close it: chmod 600.")
      }
      return try checked(
        Secret(fileContents: try InputFile.read(file, purpose: "token", limit: 64 << 10)),
        from: "the file \(file.onOneLine)")
    }
    guard let text = environment["PUSHROD_TOKEN"], !text.isEmpty else {
      throw CommandExit(
        .wrongUse,
        "an agent on another machine wants a token: name its file with --token-file, or set PUSHROD_TOKEN. "
          + "`pushrod token create --scope read` makes one, on the agent's machine.")
    }
    return try checked(Secret(text), from: "PUSHROD_TOKEN")
  }

  /// Anything else could not stand in a header. What is there is not shown.
  private static func checked(_ token: Secret, from place: String) throws(CommandExit) -> Secret {
    guard (1...1024).contains(token.bytes.count), token.bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw CommandExit(
        .wrongUse, "\(place) does not hold a token: it is one line such as pushrod_… and nothing else.")
    }
    return token
  }
}
