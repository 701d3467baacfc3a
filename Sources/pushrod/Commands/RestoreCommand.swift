import AgentConfiguration
import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import Pipelines
import Store

/// `pushrod restore FILE`: a backup takes the place of the store of an agent that is stopped.
struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Put a backup in the place of the store; the agent must be stopped.",
    discussion: """
      The backup is checked first. The store that it replaces is kept beside it, as pushrod.db.replaced-1, -2, …. Killed \
      at any moment, it leaves the old store or the new one. Run it as root or as the agent's user, on the agent's machine.
      """)

  @Argument(help: "A file that `pushrod backup` made, or a store that was replaced.")
  var file: String

  @Option(
    help: ArgumentHelp("The configuration (else /etc/pushrod/pushrod.yml, else ./pushrod.yml).", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("The folder of the agent's store.", valueName: "folder"))
  var data: String?

  @Flag(help: "Print what is in it as JSON.")
  var json = false

  func run() throws {
    let began = ContinuousClock.now
    let store = try path()
    var progress = ProgressLine("restore")
    let restored: RestoredStore
    do {
      defer { progress.end() }
      restored = try RestoredStore.restore(from: file, to: store) { progress.show($0, of: $1) }
    } catch let failure as StoreFailure {
      throw CommandExit(.failed, "Nothing was restored: \(failure.description)".onOneLine)
    }
    if json {
      let report = BackupReport(
        file: store, contents: restored.contents, seconds: Seconds(began.duration(to: .now) / .seconds(1)),
        kept: restored.kept)
      return Output.standard.print(String(decoding: try JSON.encoder(pretty: true).encode(report), as: UTF8.self))
    }
    Output.standard.print("\(store.onOneLine) is now the backup: \(restored.contents.words)")
    if let kept = restored.kept { Output.standard.print("The store that it replaced is kept as \(kept.onOneLine).") }
    Output.standard.print("Start the agent. It does not know what came since the backup; `on.poll` finds such pushes.")
  }

  /// Secrets are not needed for it, and root may not have those of the unit.
  private func path() throws(CommandExit) -> String {
    let environment = ProcessInfo.processInfo.environment
    do {
      let file = try Configuration.find(explicit: config, environment: environment)
      return try Configuration.load(
        file: file, overrides: Overrides(data: data), environment: environment, secrets: .whereReadable
      ).storePath
    } catch {
      throw CommandExit(.wrongUse, error.description)
    }
  }
}
