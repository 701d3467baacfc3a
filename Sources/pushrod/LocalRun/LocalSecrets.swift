import AgentConfiguration
import FoundationEssentials
import Model

/// The secrets of a local run, from the caller's environment or a file of theirs. There is none of the agent's.
enum LocalSecrets {
  /// - Parameters:
  ///   - names: what the pipeline asks for.
  ///   - given: `--secret`: variables of the environment.
  ///   - file: `--secrets-file`: lines of `NAME=value`.
  static func read(
    _ names: [String], given: [String], file: String?, environment: [String: String]
  ) throws(CommandExit) -> [String: String] {
    var values: [String: String] = [:]
    if let file { values = try lines(of: file) }
    for name in given {
      guard names.contains(name) else {
        throw CommandExit(.wrongUse, "the pipeline does not ask for a secret `\(name.onOneLine)`.")
      }
      guard let value = environment[name] else {
        throw CommandExit(.wrongUse, "--secret \(name): there is no such variable in your environment.")
      }
      guard !value.unicodeScalars.contains("\u{fffd}") else {
        throw CommandExit(.wrongUse, "--secret \(name): its value is not UTF-8 text; encode it (base64) first.")
      }
      values[name] = value
    }
    let missing = names.filter { values[$0] == nil }
    guard missing.isEmpty else {
      throw CommandExit(
        .wrongUse,
        "the pipeline asks for \(missing.joined(separator: ", ")): give --secret \(missing[0]), which takes it from your "
          + "environment, or --secrets-file with a line \(missing[0])=… in it.")
    }
    return values.filter { names.contains($0.key) }
  }

  /// Blank lines and those that begin with `#` do not count; a value is everything behind the first `=`, as it stands.
  private static func lines(of file: String) throws(CommandExit) -> [String: String] {
    let text = String(decoding: try InputFile.read(file, purpose: "secrets", limit: 1 << 20), as: UTF8.self)
    var values: [String: String] = [:]
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard !line.allSatisfy(\.isWhitespace), line.first != "#" else { continue }
      // The line itself may be a secret, and is not shown.
      guard let sign = line.firstIndex(of: "="), SecretsFolder.complaint(aboutName: String(line[..<sign])) == nil else {
        throw CommandExit(.wrongUse, "\(file.onOneLine), line \(number + 1): a line is NAME=value.")
      }
      values[String(line[..<sign])] = String(line[line.index(after: sign)...])
    }
    return values
  }
}
