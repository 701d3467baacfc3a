import Subprocess

/// Asks the `git` of this machine about a repository of the person who calls.
///
/// The agent never does this: it reaches repositories through the runner and libgit2.
struct LocalGit {
  let repository: String

  /// The command's output without the last line end; `nil` where git answers with an error.
  /// - Throws: where there is no `git` to ask.
  func ask(_ arguments: String...) async throws(CommandExit) -> String? {
    do {
      let result = try await run(
        .name("git"), arguments: Arguments(["-C", repository] + arguments), output: .string(limit: 1 << 20),
        error: .discarded)
      guard result.terminationStatus.isSuccess else { return nil }
      var text = result.standardOutput
      while text.last?.isNewline == true { text.removeLast() }
      return text
    } catch {
      throw CommandExit(.wrongUse, "cannot ask git about \(repository): \(error)")
    }
  }
}
