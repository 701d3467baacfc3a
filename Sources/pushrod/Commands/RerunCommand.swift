import ArgumentParser
import Model

/// `pushrod rerun`: runs the same commit again.
struct RerunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun", abstract: "Run the same commit of the same pipeline again, and follow it.")

  @Argument(help: "The run's number.")
  var run: Int

  @Flag(name: .customLong("no-follow"), help: "Only start it.")
  var noFollow = false

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    let client = try agent.client
    let again = try await client.post(Run.self, "/api/runs/\(run)/rerun")
    try await Started(again, client: client).tell(follow: !noFollow)
  }
}
