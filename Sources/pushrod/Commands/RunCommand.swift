import ArgumentParser

/// `pushrod run`: starts a pipeline by hand and follows the run.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Start a run of a pipeline and follow it.")

  func run() async throws { throw CommandExit(.notReachable, "not yet") }
}
