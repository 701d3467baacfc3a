import ArgumentParser
import Model
import Web

/// `pushrod run`: starts a pipeline by hand and follows the run.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Start a run of a pipeline by hand, and follow it.",
    discussion: "The newest commit of the ref is run. The exit code is the run's result, as with `tail`.")

  @Argument(help: "The pipeline; it must have `on: { manual: true }`.")
  var pipeline: String

  @Option(help: ArgumentHelp("A branch, or tags/NAME; the pipeline's own `ref` where not said.", valueName: "ref"))
  var ref: String?

  @Flag(name: .customLong("no-follow"), help: "Only start it.")
  var noFollow = false

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    let client = try agent.client
    let run = try await client.post(
      Run.self, "/api/runs", body: StartRequest(pipeline: pipeline, ref: ref))
    try await Started(run, client: client).tell(follow: !noFollow)
  }
}

/// A run that was just queued by hand.
struct Started {
  let run: Run
  let client: APIClient

  init(_ run: Run, client: APIClient) {
    self.run = run
    self.client = client
  }

  func tell(follow: Bool) async throws {
    let request = run.request
    Output.standard.print(
      "run \(run.number) of \(request.pipeline.name): \(request.ref.short) at \(request.commit?.short ?? "its tip")"
        .onOneLine)
    if follow { try await Following(client: client).follow(run) }
  }
}
