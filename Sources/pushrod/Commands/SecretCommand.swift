import Agent
import AgentConfiguration
import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import Pipelines

/// `pushrod secret`: the folder of secrets beside the configuration.
struct SecretCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "secret", abstract: "Store, list and remove the secrets that pipelines may ask for.",
    discussion:
      "They lie in the folder `secrets_folder` of the configuration, a file for each that only the agent's user may read.",
    subcommands: [Set.self, List.self, Remove.self])

  /// Where the folder is, and whom to tell.
  struct Place: ParsableArguments {
    @Option(help: ArgumentHelp("The agent's configuration file.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The agent's Unix socket (else PUSHROD_SOCKET, else as configured).", valueName: "path"))
    var socket: String?

    func find() throws(CommandExit) -> SecretsPlace {
      do {
        let environment = ProcessInfo.processInfo.environment
        return try SecretsPlace.find(
          file: try Configuration.find(explicit: config, environment: environment), environment: environment)
      } catch {
        throw CommandExit(.wrongUse, error.summary)
      }
    }

    /// Tells the agent, where there is one.
    func reload(_ done: String) async throws {
      let client = try APIClient(flag: socket, config: config, environment: ProcessInfo.processInfo.environment)
      do {
        _ = try await client.post(ReloadReport.self, "/api/reload")
        Output.standard.print("\(done), and the agent has taken it")
      } catch let exit as CommandExit where exit.code == .notReachable {
        Output.standard.print(
          "\(done); the agent is not reachable and takes it when it starts, or with `pushrod reload`")
      } catch let exit as CommandExit {
        throw CommandExit(exit.code, "\(done), but the agent goes on with what it had: \(exit.description)")
      }
    }
  }

  /// `pushrod secret set`
  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "set", abstract: "Store a secret, read from standard input or typed unseen.",
      discussion: """
        The value is never an argument, which every user of the machine could read: `pushrod secret set TOKEN < file`, \
        or type it when asked. One newline at its end is not part of it. An agent that is running takes it at once.
        """)

    @Argument(help: "Its name: the variable that steps get it in.")
    var name: String

    @OptionGroup var place: Place

    func run() async throws {
      if let complaint = SecretsFolder.complaint(aboutName: name) { throw CommandExit(.wrongUse, "\(complaint).") }
      let found = try place.find()
      guard !found.configured.contains(where: { $0.name == name }) else {
        throw CommandExit(
          .wrongUse,
          "`\(name)` is configured under `secrets` in \(found.file.onOneLine) already; change it there, or remove it.")
      }
      let stored = StoredSecret(folder: found.folder, name: name)
      try stored.checkPlace()
      let isNew = try stored.write(try SecretInput.read(name), owner: found.owner)
      try await place.reload("secret \(name) \(isNew ? "stored" : "replaced")")
    }
  }

  /// `pushrod secret ls`
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List the names of secrets and where they come from; never their values.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var place: Place

    private struct Item: Encodable {
      var name: String
      /// `file`, `env`, `credential`, `command`, `configuration` or `folder`.
      var from: String
      var changedAt: Date?
    }

    func run() throws {
      let found = try place.find()
      guard let stored = found.folder.entries() else {
        throw CommandExit(
          .wrongUse, "cannot read \(found.folder.path.onOneLine): \(StoredSecret.words(for: errno)).")
      }
      let items =
        (found.configured.map { Item(name: $0.name, from: $0.from) }
        + stored.map {
          Item(name: $0.name, from: "folder", changedAt: Date(timeIntervalSince1970: Double($0.changed)))
        }).sorted { $0.name < $1.name }
      if json {
        let text = try JSON.encoder(pretty: true).encode(["secrets": items])
        return Output.standard.print(String(decoding: text, as: UTF8.self))
      }
      guard !items.isEmpty else { return Output.error.print("no secrets") }
      var table = Table(["NAME", "FROM", "CHANGED"], whole: [0])
      for item in items { table.add([item.name, item.from, item.changedAt.map { Wording.ago($0) } ?? "-"]) }
      for line in table.lines(width: Terminal.standardOutput.width) { Output.standard.print(line) }
    }
  }

  /// `pushrod secret rm`
  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rm", abstract: "Remove a stored secret.",
      discussion: """
        Not while a pipeline names it: an agent does not start with a pipeline whose secret is not there. With --force \
        it goes all the same, and the agent that runs goes on with the value it had.
        """)

    @Argument(help: "Its name.")
    var name: String

    @Flag(help: "Also where a pipeline names it.")
    var force = false

    @OptionGroup var place: Place

    func run() async throws {
      if let complaint = SecretsFolder.complaint(aboutName: name) { throw CommandExit(.wrongUse, "\(complaint).") }
      let found = try place.find()
      let files = force ? [] : found.files(thatName: name).map(\.onOneLine)
      guard files.isEmpty || found.folder.entries()?.contains(where: { $0.name == name }) == false else {
        throw CommandExit(
          .failed,
          "\(files.joined(separator: " and ")) \(files.count == 1 ? "names" : "name") `\(name)`; take it out there first, or "
            + "remove it all the same with --force.")
      }
      guard try StoredSecret(folder: found.folder, name: name).remove() else {
        let isConfigured = found.configured.contains { $0.name == name }
        throw CommandExit(
          .failed,
          isConfigured
            ? "`\(name)` is configured under `secrets` in \(found.file.onOneLine); remove it there."
            : "there is no secret `\(name)` in \(found.folder.path.onOneLine).")
      }
      try await place.reload("secret \(name) removed")
    }
  }
}
