import Subprocess

/// A commit as people name it, resolved where it is a name.
enum CommitName {
  /// - Parameter text: hexadecimal digits (4 or more of an id), which are taken as they are, or anything that
  ///   `git rev-parse` understands in the working folder: `HEAD`, a branch, a tag.
  /// - Throws: `CommandExit` where Git does not know it.
  static func resolve(_ text: String) async throws -> String {
    let isID = (4...64).contains(text.utf8.count) && text.allSatisfy { $0.isHexDigit && $0.isASCII }
    if isID { return text.lowercased() }
    let result = try? await run(
      .name("git"),
      arguments: ["rev-parse", "--verify", "--quiet", "--end-of-options", "\(text)^{commit}"],
      output: .string(limit: 1024), error: .discarded)
    guard let result, result.terminationStatus.isSuccess,
      let id = result.standardOutput.split(whereSeparator: \.isWhitespace).first
    else {
      throw CommandExit(
        .wrongUse,
        "Git does not know a commit `\(text.onOneLine)` in this folder; give its id, or go to the repository.")
    }
    return String(id)
  }
}
