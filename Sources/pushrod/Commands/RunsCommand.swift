import Agent
import ArgumentParser
import Model
import Web

/// `pushrod runs`: the runs, newest first.
struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "runs", abstract: "List runs, newest first.")

  @Option(help: "Only of this pipeline.")
  var pipeline: String?

  @Option(
    help: ArgumentHelp(
      "Only in this state: \(RunState.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "state"))
  var state: String?

  @Option(help: "Only of this commit: an id, its beginning, or a name such as HEAD.")
  var commit: String?

  @OptionGroup var listing: ListingOptions
  @OptionGroup var agent: AgentOptions

  func run() async throws {
    var id: String?
    if let commit { id = try await CommitName.resolve(commit) }
    let parameters = [("pipeline", pipeline), ("state", state), ("commit", id)] + listing.parameters
    if listing.json { return Output.standard.write(try await agent.client.get("/api/runs", parameters)) }
    let client = try agent.client
    let runs = try await client.get(RunList.self, "/api/runs", parameters).runs
    if let drain = try await client.get(AgentStatus.self, "/api/status").draining {
      Output.error.print(
        "No run is started: \(Wording.of(drain))".onOneLine)
    }
    guard !runs.isEmpty else { return Output.error.print("no runs") }
    var table = Table(
      ["RUN", "PIPELINE", "STATE", "REF", "COMMIT", "QUEUED", "TOOK", "BY", "WHY"], rightAligned: [0], whole: [2, 5])
    for run in runs {
      let request = run.request
      table.add([
        "\(run.number)", request.pipeline.name, run.state.words, request.ref.short, request.commit?.short ?? "-",
        Wording.ago(run.queuedAt), Wording.took(run), Wording.origin(request), run.reason ?? Wording.waiting(run),
      ])
    }
    table.print()
  }
}
