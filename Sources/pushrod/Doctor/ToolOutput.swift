import Subprocess

/// What a program of the system prints.
enum ToolOutput {
  /// - Returns: standard output without surrounding blanks; `nil` where the program is not there or fails.
  static func of(_ program: String, _ arguments: [String]) async -> String? {
    let result = try? await run(
      .name(program), arguments: Arguments(arguments), output: .string(limit: 64 << 10), error: .discarded)
    guard let result, result.terminationStatus.isSuccess else { return nil }
    return result.standardOutput.split(whereSeparator: \.isNewline).joined(separator: "\n")
  }

  static func succeeds(_ program: String, _ arguments: [String]) async -> Bool {
    await of(program, arguments) != nil
  }
}
