import Agent
import ArgumentParser
import FoundationEssentials
import Model
import Web

/// `pushrod schedule`: what starts by itself, and when.
struct ScheduleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule", abstract: "See which pipelines have a schedule, and when they start next.",
    subcommands: [List.self])

  /// `pushrod schedule ls`
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List the schedules with their next times, in UTC.")

    @Flag(help: "Print the agent's JSON.")
    var json = false

    @OptionGroup var agent: AgentOptions

    func run() async throws {
      if json { return Output.standard.write(try await agent.client.get("/api/schedules")) }
      let schedules = try await agent.client.get(ScheduleList.self, "/api/schedules").schedules
      guard !schedules.isEmpty else { return Output.error.print("no pipeline has a schedule") }
      var table = Table(["PIPELINE", "SCHEDULE", "ZONE", "NEXT", "LAST RUN"])
      for schedule in schedules {
        table.add([
          schedule.pipeline, schedule.cron, schedule.timezone,
          schedule.next.map { Wording.time($0) } ?? schedule.problem ?? "never",
          schedule.lastRun.map(String.init) ?? "none yet",
        ])
      }
      for line in table.lines(width: Terminal.standardOutput.width) { Output.standard.print(line) }
    }
  }
}
