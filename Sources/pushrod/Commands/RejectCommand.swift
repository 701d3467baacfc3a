import ArgumentParser
import Model
import Web

/// `pushrod reject`: says no to a step that asks.
struct RejectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject", abstract: "End a run that waits for an approval: it has failed then.",
    discussion: "Its `on_failure` and `finally` steps run.")

  @Argument(help: "The run's number.")
  var run: Int

  @Argument(help: "The step; needed only where several ask.")
  var step: String?

  @Option(help: "Why: at most 1000 bytes, shown with the run.")
  var reason: String

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    let told = try await agent.client.post(
      Run.self, "/api/runs/\(run)/reject", body: AnswerRequest(step: step, reason: reason))
    Output.standard.print("run \(told.number) of \(told.request.pipeline.name) is rejected")
  }
}
