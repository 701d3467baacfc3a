import ArgumentParser

/// `pushrod tail`: follows a run live and exits with its result.
struct TailCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail", abstract: "Follow a run live, and exit with its result.",
    discussion: """
      Without a name, the newest run is followed; where there is none yet, the command waits for it. \
      Exit code 0 where the run succeeded, 4 where a newer run took its place (the last line says which), 1 for every \
      other end. Ctrl-C ends the following, not the run.
      """)

  @Argument(help: ArgumentHelp("A run's number, or a pipeline (its newest run).", valueName: "run|pipeline"))
  var name: String?

  @Option(help: ArgumentHelp("Wait for the run of this commit: an id, or a name such as HEAD.", valueName: "commit"))
  var commit: String?

  @Option(help: ArgumentHelp("Only the output of this step: its name or number; 0 is the fetch.", valueName: "step"))
  var step: String?

  @Flag(help: "Put the time (UTC) before each line.")
  var timestamps = false

  @Flag(name: .customLong("no-follow"), help: "Print what is there and end.")
  var noFollow = false

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    let client = try agent.client
    let commit = try await commit.asyncMap(CommitName.resolve)
    let run = try await RunSelection(name: name, commit: commit).find(with: client, waits: !noFollow)
    try await Following(client: client, follows: !noFollow, withTimes: timestamps, onlyStep: step).follow(run)
  }
}

extension Optional {
  fileprivate func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async throws -> Result? {
    guard let self else { return nil }
    return try await transform(self)
  }
}
