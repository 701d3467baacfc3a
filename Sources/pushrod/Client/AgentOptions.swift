import ArgumentParser
import FoundationEssentials
import Model

/// How a command finds the agent: the same options everywhere.
struct AgentOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The agent's Unix socket (else PUSHROD_SOCKET, else as configured).", valueName: "path"))
  var socket: String?

  @Option(help: ArgumentHelp("The agent's configuration file, to find its socket.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "An agent on another machine (else PUSHROD_URL), such as https://deploy.example.org.", valueName: "address"))
  var url: String?

  // There is no option for the token itself: every user of a machine can read the arguments of every process.
  @Option(help: ArgumentHelp("A file with the token for it (else the variable PUSHROD_TOKEN).", valueName: "file"))
  var tokenFile: String?

  func validate() throws {
    if url != nil, socket != nil || config != nil {
      throw ValidationError("--url is instead of --socket and --config")
    }
    if tokenFile != nil, url == nil, socket != nil || config != nil {
      throw ValidationError("--token-file goes with --url; the socket needs no token")
    }
  }

  var client: APIClient {
    get throws(CommandExit) {
      let environment = ProcessInfo.processInfo.environment
      // A flag wins over a variable, whichever place it names.
      let named = url ?? (socket == nil && config == nil ? environment["PUSHROD_URL"] : nil)
      guard let named, !named.isEmpty else {
        guard tokenFile == nil else {
          throw CommandExit(.wrongUse, "--token-file needs --url or PUSHROD_URL; the socket needs no token.")
        }
        return try APIClient(flag: socket, config: config, environment: environment)
      }
      return APIClient(try .url(named, try AgentToken.read(file: tokenFile, environment: environment)))
    }
  }
}
