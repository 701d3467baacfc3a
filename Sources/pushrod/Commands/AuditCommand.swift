import ArgumentParser
import FoundationEssentials
import Model
import Web

/// `pushrod audit`: who did what.
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "See who had the agent do what, newest first.",
    discussion: """
      Starting, cancelling, repeating and replaying by people, reloads, and changes of tokens. What could not be one \
      with its own record stands here twice: `begun`, and `done` or `failed`.
      """)

  @OptionGroup var listing: ListingOptions

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    if listing.json { return Output.standard.write(try await agent.client.get("/api/audit", listing.parameters)) }
    let entries = try await agent.client.get(AuditList.self, "/api/audit", listing.parameters).entries
    guard !entries.isEmpty else { return Output.error.print("nothing has been done by people yet") }
    var table = Table(
      ["NO", "WHEN", "WHO", "FROM", "WHAT", "", "OUTCOME", ""], rightAligned: [0], whole: [1])
    for entry in entries {
      let person = Person(name: entry.person, via: entry.via)
      table.add([
        "\(entry.number)", AuditCommand.time(entry.at), person.description, entry.address ?? entry.via.rawValue,
        entry.act.rawValue, entry.object, entry.outcome.rawValue, entry.detail ?? "",
      ])
    }
    for line in table.lines(width: Terminal.standardOutput.width) { Output.standard.print(line) }
  }

  /// To the second, in UTC: `2026-11-23 16:05:09Z`.
  private static func time(_ date: Date) -> String {
    JSON.text(of: date).prefix(19).replacing("T", with: " ") + "Z"
  }
}
