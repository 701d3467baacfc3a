import Agent
import ArgumentParser

/// `pushrod reload`: the running agent takes its configuration and pipelines anew.
struct ReloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Let the agent take its configuration and pipelines anew.",
    discussion: "Where something in them is wrong, all stays as it was, and what is wrong is printed.")

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    let report = try await agent.client.post(ReloadReport.self, "/api/reload")
    func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ").onOneLine }
    Output.standard.print("pipelines: \(list(report.pipelines))")
    Output.standard.print("sources:   \(list(report.sources))")
    if !report.needsRestart.isEmpty {
      Output.standard.print("Changed on disk, but only a restart takes it: \(list(report.needsRestart))")
    }
  }
}
