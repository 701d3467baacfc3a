import ArgumentParser
import Model
import Web

/// `pushrod approve`: says yes to a step that asks.
struct ApproveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Let a run go on that waits for an approval.",
    discussion: "`pushrod show` says what is asked.")

  @Argument(help: "The run's number.")
  var run: Int

  @Argument(help: "The step; needed only where several ask.")
  var step: String?

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    let told = try await agent.client.post(Run.self, "/api/runs/\(run)/approve", body: AnswerRequest(step: step))
    Output.standard.print("run \(told.number) of \(told.request.pipeline.name) goes on")
  }
}
