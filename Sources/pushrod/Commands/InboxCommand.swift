import ArgumentParser
import Model
import Web

/// `pushrod inbox`: what came in, and what became of it.
struct InboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inbox", abstract: "See which deliveries came in, and what became of each.",
    subcommands: [List.self, Show.self], defaultSubcommand: List.self)

  /// `pushrod inbox ls`
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List deliveries, newest first.")

    @Option(help: "Only of this source.")
    var source: String?

    @Option(help: ArgumentHelp("Only deliveries older than this one.", valueName: "delivery"))
    var before: Int?

    @Option(help: "At most this many.")
    var limit = 20

    @Flag(help: "Print the agent's JSON.")
    var json = false

    @OptionGroup var agent: AgentOptions

    func run() async throws {
      let parameters = [("source", source), ("before", before.map(String.init)), ("limit", String(limit))]
      if json { return Output.standard.write(try await agent.client.get("/api/deliveries", parameters)) }
      let list = try await agent.client.get(DeliveryList.self, "/api/deliveries", parameters).deliveries
      guard !list.isEmpty else { return Output.error.print("no deliveries") }
      var table = Table(["NO", "SOURCE", "EVENT", "CAME", "SIZE", "FROM", "VERDICT"], rightAligned: [0])
      for delivery in list {
        table.add([
          "\(delivery.number)", delivery.source, delivery.event ?? "", Wording.ago(delivery.receivedAt),
          Wording.size(delivery.bodySize), delivery.address ?? "", DeliveryText.verdict(of: delivery),
        ])
      }
      for line in table.lines(width: Terminal.standardOutput.width) { Output.standard.print(line) }
    }
  }

  /// `pushrod inbox show`
  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Show one delivery: its verdict rule by rule, its headers and its body.")

    @Argument(help: "The delivery's number.")
    var number: Int

    @Flag(help: "Print the agent's JSON.")
    var json = false

    @OptionGroup var agent: AgentOptions

    func run() async throws {
      if json { return Output.standard.write(try await agent.client.get("/api/deliveries/\(number)")) }
      let delivery = try await agent.client.get(DeliveryReport.self, "/api/deliveries/\(number)")
      for line in DeliveryText(delivery, terminal: .standardOutput).lines() { Output.standard.print(line) }
    }
  }
}
