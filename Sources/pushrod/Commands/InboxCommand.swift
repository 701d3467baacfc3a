import ArgumentParser
import Model
import Web

/// `pushrod inbox`: what came in, and what became of it.
struct InboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inbox", abstract: "See which deliveries came in and what became of each; replay one.",
    subcommands: [List.self, Show.self, Replay.self, ExplainCommand.self], defaultSubcommand: List.self)

  /// `pushrod inbox ls`
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List deliveries, newest first.")

    @Option(help: "Only of this source.")
    var source: String?

    @Option(
      help: ArgumentHelp(
        "Only with this verdict: \(Verdict.Kind.allCases.map(\.rawValue).joined(separator: ", ")).",
        valueName: "verdict"))
    var verdict: String?

    @OptionGroup var listing: ListingOptions
    @OptionGroup var agent: AgentOptions

    func run() async throws {
      let parameters = [("source", source), ("verdict", verdict)] + listing.parameters
      if listing.json { return Output.standard.write(try await agent.client.get("/api/deliveries", parameters)) }
      let list = try await agent.client.get(DeliveryList.self, "/api/deliveries", parameters).deliveries
      guard !list.isEmpty else { return Output.error.print("no deliveries") }
      var table = Table(
        ["NO", "SOURCE", "WAY", "EVENT", "CAME", "SIZE", "FROM", "VERDICT"], rightAligned: [0], whole: [4])
      for delivery in list {
        table.add([
          "\(delivery.number)", delivery.source, DeliveryText.way(of: delivery), delivery.event ?? "",
          Wording.ago(delivery.receivedAt), Wording.size(delivery.bodySize), delivery.address ?? "",
          DeliveryText.verdict(of: delivery),
        ])
      }
      table.print()
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

  /// `pushrod inbox replay`
  struct Replay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "replay", abstract: "Have a recorded delivery go through again, by today's pipelines.",
      discussion: """
        A new delivery is recorded, and new runs start, also where this one has started some before. A push is of the \
        same commit as then, wherever its branch is now. The signature is not checked again: it held when the \
        delivery was accepted. Rejected deliveries have no body any more and cannot be replayed.
        """)

    @Argument(help: "The delivery's number.")
    var number: Int

    @Flag(help: "Follow the runs it starts, one after the other; the exit code is then their result.")
    var follow = false

    @Flag(help: "Print the agent's JSON of the new delivery.")
    var json = false

    @OptionGroup var agent: AgentOptions

    func validate() throws {
      if json && follow { throw ValidationError("--json and --follow do not go together.") }
    }

    func run() async throws {
      let client = try agent.client
      let path = "/api/deliveries/\(number)/replay"
      if json { return Output.standard.write(try await client.post(path)) }
      let again = try await client.post(DeliveryReport.self, path)
      Output.standard.print(
        "delivery \(again.number), a replay of \(number): \(DeliveryText.verdict(of: again))".onOneLine)
      if follow { try await Following(client: client).follow(runs: again.runs) }
    }
  }
}
