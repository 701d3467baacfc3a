import ArgumentParser
import Glibc
import Pipelines

/// Why a command ends without having done what was asked: an exit code and, mostly, a sentence.
///
/// Commands throw it; `Pushrod.main` prints the sentence on standard error and ends with the code.
struct CommandExit: Error, CustomStringConvertible {
  /// The contract with scripts; the same for every command.
  enum Code: Int32 {
    case done = 0
    /// The run failed, or what was checked is not valid.
    case failed = 1
    case wrongUse = 2
    case notReachable = 3
    /// A newer run took the place of the one that was followed.
    case superseded = 4
    /// Ended by Ctrl-C: 128 + SIGINT, as shells count.
    case interrupted = 130
  }

  let code: Code
  /// Empty where everything has been said already.
  let description: String

  init(_ code: Code, _ description: String = "") {
    self.code = code
    self.description = description
  }

  /// Mistakes that were found in a file: printed as `pushrod check` prints them, at the beginning of a line.
  init(_ mistakes: Diagnostics) {
    Output.error.print(mistakes.description)
    self.init(.failed)
  }

  /// Ends the process as `error` asks for.
  ///
  /// ArgumentParser's own code for wrong use is 64; ours is 2, and a request for help or the version is no error.
  static func exit(after error: any Error) -> Never {
    if let error = error as? CommandExit {
      if !error.description.isEmpty { Output.error.print("pushrod: \(error.description)") }
      Glibc.exit(error.code.rawValue)
    }
    let code = Pushrod.exitCode(for: error)
    if code.isSuccess { Pushrod.exit(withError: error) }
    let message = Pushrod.fullMessage(for: error)
    if !message.isEmpty { Output.error.print(message) }
    Glibc.exit(code == .validationFailure ? Code.wrongUse.rawValue : code.rawValue)
  }
}
