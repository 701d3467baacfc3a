import AgentConfiguration
import ArgumentParser
import FoundationEssentials

/// How a command finds the agent: the same two options everywhere.
struct AgentOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The agent's Unix socket (else PUSHROD_SOCKET, else as configured).", valueName: "path"))
  var socket: String?

  @Option(help: ArgumentHelp("The agent's configuration file, to find its socket.", valueName: "file"))
  var config: String?

  var client: APIClient {
    APIClient(
      socket: Configuration.socketPath(
        flag: socket, config: config, environment: ProcessInfo.processInfo.environment))
  }
}
