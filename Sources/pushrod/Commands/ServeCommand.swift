import AgentConfiguration
import ArgumentParser
import Agent
import FoundationEssentials
import Glibc
import Logging
import Metrics
import Pipelines
import ServiceLifecycle
import Web
import Webhooks

/// `pushrod serve`: the agent itself, in the foreground, until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run the agent: receive deliveries, start runs.",
    discussion: """
      SIGTERM stops the agent within seconds; runs that are under way go on and are taken up by the next agent. \
      SIGHUP reads the configuration and the pipelines anew. Flags win over PUSHROD_… variables, and those over \
      the file.
      """)

  @Option(
    help: ArgumentHelp("The configuration (else /etc/pushrod/pushrod.yml, else ./pushrod.yml).", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("Where senders reach the agent; port 0 is any free one.", valueName: "host:port"))
  var listen: String?

  @Option(help: ArgumentHelp("The folder of the agent's store.", valueName: "folder"))
  var data: String?

  @Option(help: ArgumentHelp("The Unix socket for the local command line.", valueName: "path"))
  var socket: String?

  @Option(help: ArgumentHelp("The folder of the pipeline files.", valueName: "folder"))
  var pipelines: String?

  @Option(help: ArgumentHelp("The agent's address for people.", valueName: "url"))
  var publicURL: String?

  @Option(help: ArgumentHelp("The most runs at a time.", valueName: "number"))
  var runsParallel: String?

  @Flag(help: "At SIGTERM, start no more runs and wait for those under way; a second SIGTERM stops at once.")
  var drain = false

  @Option(help: ArgumentHelp("How long --drain waits.", valueName: "time"))
  var drainLimit = "1h"

  @Option(
    help: ArgumentHelp("The least that is logged: trace, debug, info, notice, warning or error.", valueName: "level"))
  var logLevel: String?

  @Option(help: ArgumentHelp("How a line of the log is written: logfmt, json or auto.", valueName: "format"))
  var logFormat: String?

  func validate() throws {
    if let logLevel, Logger.Level(rawValue: logLevel) == nil {
      throw ValidationError("`\(logLevel)` is no log level; use trace, debug, info, notice, warning or error.")
    }
    if let logFormat, AgentLogHandler.Format(rawValue: logFormat) == nil {
      throw ValidationError("`\(logFormat)` is no format of the log; use logfmt, json or auto.")
    }
    guard LengthOfTime.read(drainLimit) != nil else {
      throw ValidationError("--drain-limit is a length of time such as 30m or 2h, not `\(drainLimit.onOneLine)`")
    }
  }

  func run() async throws {
    // A log's reader that goes away must not end the agent.
    signal(SIGPIPE, SIG_IGN)
    // Nothing the agent makes is for everybody. What the group may do is said where it is made: run directories are
    // shared with the runner's user.
    umask(0o007)
    DescriptorLimit.raise()
    let environment = ProcessInfo.processInfo.environment
    defer { AgentLogHandler.flush() }
    do {
      let load = try loading(environment)
      let sockets = try ActivatedSocket.take(environment: environment, pid: getpid())
      let configuration = try load()
      let level = Logger.Level(rawValue: configuration.log.level) ?? .info
      let format = AgentLogHandler.Format(rawValue: configuration.log.format) ?? .logfmt
      let logger = Logger(label: "pushrod") { _ in
        AgentLogHandler(level: level, format: format, environment: environment)
      }
      let registry = MetricRegistry()
      MetricsSystem.bootstrap(registry)
      let assembly = Assembly(
        configuration: configuration, environment: environment, reload: load, sockets: sockets,
        drainLimit: drain ? LengthOfTime.read(drainLimit) : nil, logger: logger, registry: registry)
      let services = try await assembly.services()
      do {
        try await services.run()
      } catch is CancellationError {
        // Asked to stop, it cut off whoever did not take their answers in time. That is no failure.
      }
    } catch let error as CommandExit {
      throw error
    } catch let error as Diagnostics where error.all.contains(where: { $0.file.hasPrefix("--") }) {
      // A mistake in a flag stands under the flag's own name. No other try would be better.
      throw CommandExit(.wrongUse, error.description)
    } catch {
      throw CommandExit(.failed, "\(error)")
    }
  }

  private func loading(_ environment: [String: String]) throws -> @Sendable () throws -> Configuration {
    let file = try Configuration.find(explicit: config, environment: environment)
    let overrides = Overrides(
      listen: listen, data: data, socket: socket, pipelines: pipelines, publicURL: publicURL,
      parallelRuns: runsParallel, logFormat: logFormat, logLevel: logLevel)
    return {
      try Configuration.load(file: file, overrides: overrides, environment: environment)
    }
  }
}
