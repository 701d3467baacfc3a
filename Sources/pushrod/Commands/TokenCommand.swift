import Agent
public import ArgumentParser
import FoundationEssentials
public import Model
import Web

/// `pushrod token`: who may use the API over TCP.
struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Make, list and remove tokens for the API over TCP.",
    discussion: "The command line on the agent's own machine uses its Unix socket and needs none.",
    subcommands: [Create.self, List.self, Remove.self])

  /// `pushrod token create`
  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create", abstract: "Make a token, and print it this once.",
      discussion: """
        The token alone goes to standard output: `(umask 077; pushrod token create --scope run > token)` keeps it in a \
        file that only you can read. The agent keeps only its hash.
        """)

    @Option(
      help: ArgumentHelp(
        "What it may do: read (see), run (also start, cancel, rerun, replay) or admin (everything).",
        valueName: "scope"))
    var scope: Scope

    @Option(help: "What it is called in listings and the audit log; the agent finds a name where there is none.")
    var name: String?

    @Option(help: ArgumentHelp("After how long it ends, such as 90d or 12h; never where not given.", valueName: "time"))
    var expires: String?

    @OptionGroup var agent: AgentOptions

    func validate() throws {
      if let expires, LengthOfTime.read(expires) == nil {
        throw ValidationError("--expires is a length of time such as 90d, 12h or 30m, not `\(expires.onOneLine)`")
      }
    }

    func run() async throws {
      let wish = TokenWish(name: name, scope: scope, expiresIn: expires.flatMap(LengthOfTime.read))
      if let mistake = wish.mistake { throw CommandExit(.wrongUse, mistake) }
      let new = try await agent.client.post(NewToken.self, "/api/tokens", body: wish)
      let ends = new.token.expiresAt.map { ", until \(JSON.text(of: $0))" } ?? ""
      Output.error.print("Token \(new.token.name.onOneLine) of the scope \(new.token.scope.rawValue)\(ends).")
      Output.error.print("Keep it where only you can read it; it is not shown again:")
      Output.standard.print(new.text.onOneLine)
    }
  }

  /// `pushrod token ls`
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the tokens; never their text.")

    @Flag(help: "Print the agent's JSON.")
    var json = false

    @OptionGroup var agent: AgentOptions

    func run() async throws {
      if json { return Output.standard.write(try await agent.client.get("/api/tokens")) }
      let tokens = try await agent.client.get(TokenList.self, "/api/tokens").tokens
      guard !tokens.isEmpty else { return Output.error.print("no tokens") }
      var table = Table(["NAME", "SCOPE", "CREATED", "LAST USED", "EXPIRES"])
      for token in tokens {
        table.add([
          token.name, token.scope.rawValue, Wording.ago(token.createdAt),
          token.lastUsedAt.map { Wording.ago($0) } ?? "never", List.end(of: token),
        ])
      }
      for line in table.lines(width: Terminal.standardOutput.width) { Output.standard.print(line) }
    }

    private static func end(of token: Token) -> String {
      guard let end = token.expiresAt else { return "never" }
      return end <= Date() ? "expired" : String(JSON.text(of: end).prefix(10))
    }
  }

  /// `pushrod token rm`
  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rm", abstract: "Remove a token: from then on it is refused.")

    @Argument(help: "The token's name, as `pushrod token ls` shows it.")
    var name: String

    @OptionGroup var agent: AgentOptions

    func run() async throws {
      guard !name.isEmpty else { throw CommandExit(.wrongUse, "say which token: its name is empty.") }
      try await agent.client.delete("/api/tokens/\(APIClient.escaped(name))")
      Output.standard.print("token \(name.onOneLine) removed")
    }
  }
}

extension Scope: ExpressibleByArgument {}
