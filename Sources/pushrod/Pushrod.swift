import ArgumentParser
import Model

/// The `pushrod` command: the agent itself (`serve`) and everything that people ask of it.
@main
struct Pushrod: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pushrod",
    abstract: "Turns a git push into a finished deploy on your own server.",
    discussion: """
      Exit codes: 0 done, 1 the run failed or the thing checked is not valid, 2 wrong use, \
      3 the agent is not reachable, 4 a newer run took the place of the one that was followed, 130 ended by Ctrl-C.
      """,
    version: "pushrod \(PushrodVersion.current)",
    subcommands: subcommands)

  // One line for each command, in the order of `pushrod --help`; a command's file is Commands/<Name>Command.swift.
  private static let subcommands: [any ParsableCommand.Type] = [
    InitCommand.self,
    CheckCommand.self,
    ServeCommand.self,
    DoctorCommand.self,
    RunCommand.self,
    SendCommand.self,
    RunsCommand.self,
    ScheduleCommand.self,
    ShowCommand.self,
    TailCommand.self,
    ArtifactsCommand.self,
    CancelCommand.self,
    ApproveCommand.self,
    RejectCommand.self,
    RerunCommand.self,
    InboxCommand.self,
    ReloadCommand.self,
    DrainCommand.self,
    SecretCommand.self,
    TokenCommand.self,
    AuditCommand.self,
    BackupCommand.self,
    RestoreCommand.self,
    VerifyCommand.self,
    ExplainCommand.self,
    SchemaCommand.self,
    PipelineStepsCommand.self,
  ]

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      CommandExit.exit(after: error)
    }
  }
}
