import ArgumentParser
import Model

/// `pushrod cancel`: ends a run, queued or running.
struct CancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel a run.",
    discussion: "Its processes are asked to end and killed after the pipeline's grace; `finally` steps still run.")

  @Argument(help: "The run's number.")
  var run: Int

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    let cancelled = try await agent.client.post(Run.self, "/api/runs/\(run)/cancel")
    let title = "run \(cancelled.number) of \(cancelled.request.pipeline.name)"
    Output.standard.print(cancelled.state.isFinal ? "\(title) \(cancelled.state.words)" : "\(title) is being cancelled")
  }
}
