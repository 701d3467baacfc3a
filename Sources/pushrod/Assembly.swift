import Agent
import AgentConfiguration
import AsyncHTTPClient
import Door
import Glibc
import Logging
import Model
import NIOCore
import NIOPosix
import Outgoing
import RunDirectory
import ServiceLifecycle
import Store
import UnixSignals
import Web

/// Puts the agent together: the only file that names every concrete type.
struct Assembly {
  let configuration: Configuration
  let environment: [String: String]
  /// Reads the configuration again, with the same flags and variables.
  let reload: @Sendable () throws -> Configuration
  /// What systemd listens on for the agent; where there are any, they count in place of `listen`.
  let sockets: [ActivatedSocket]
  /// SIGTERM waits so long for the runs that are under way; `nil`: not at all.
  let drainLimit: Seconds?
  let logger: Logger
  /// Where everything that is counted comes together.
  let registry: MetricRegistry

  /// The agent's long-lived parts, in the order of their dependence: shutting down goes backwards, so no
  /// request comes in any more when the dispatcher stops, and the store closes last.
  func services() async throws -> ServiceGroup {
    for warning in configuration.sources.compactMap(\.warning) {
      logger.warning("\(warning)", metadata: ["event": "source_warning"])
    }
    try checkSockets()
    let runner = RunnerExecutable.path(environment)
    let area = RunArea(root: configuration.runnerData)
    let certificate = try configuration.tls.map { try ServerCertificate(CertificateOrigin($0), logger: logger) }
    let rules = RulesInForce(
      try RulesetBuilding.rules(configuration), origin: rulesOrigin(certificate), logger: logger)
    let store = try SQLiteStore.open(path: configuration.storePath) { StoreNotice.log($0, logger) }
    try await store.numberRuns(above: area.highestRun)
    try APISocket.prepare(configuration.socket)

    let disks = DiskWatch(store: configuration.data, runs: configuration.runnerData, rules: rules, logger: logger)
    let holds = RunHolds()
    let janitor = Janitor(
      [
        InboxDuty(inbox: store, rules: rules, logger: logger),
        RunsDuty(store: store, area: area, rules: rules, holds: holds, logger: logger),
      ], logger: logger)
    let dispatcher = Dispatcher(
      store: store, rules: rules, area: area, launcher: try launcher(runner), order: order(runner), disks: disks,
      logger: logger)
    disks.onChange(short: { janitor.call() }, enough: { dispatcher.wake() })
    let condition = AgentCondition(
      listeners: max(1, sockets.count) + (configuration.api == nil ? 1 : 2), store: store, disks: disks)
    let github = PublishedRanges()
    let (gaps, lateness) = (Gaps(), Lateness())
    let poller = Poller(
      store: store, rules: rules,
      // A probe of its own for each question, so that a slow repository holds up no other.
      ask: { [environment] in try await RunnerProbe(executable: runner, environment: environment).ask($0) },
      runsWereQueued: { dispatcher.wake() }, gaps: gaps, lateness: lateness, logger: logger)
    let scheduler = Scheduler(
      store: store, rules: rules, zones: ZoneFolder.system, runsWereQueued: { dispatcher.wake() }, logger: logger)
    let board = SubscriptionBoard(gaps: gaps)
    let redeliveryBoard = RedeliveryBoard()
    let outgoing = OutgoingService()
    let agent = LocalAgent(
      store: store, rules: rules, dispatcher: dispatcher, area: area,
      probe: RunnerProbe(executable: runner, environment: environment),
      verification: PayPalVerification(client: outgoing.client), poller: poller,
      scheduler: scheduler, subscriptions: board, keeping: store,
      condition: condition, disks: disks, holds: holds, rulesChanged: { janitor.call() },
      pid: Int(getpid()), githubAddresses: github, gaps: gaps, lateness: lateness, redeliveries: redeliveryBoard,
      logger: logger)
    let subscriptions = Subscriptions(
      rules: rules, board: board, limits: SubscriptionLimits(body: configuration.limits.body), logger: logger,
      receive: { await agent.receive($0) })

    let redeliveries = Redeliveries(
      rules: rules, accepted: store, condition: store, client: outgoing.client, gaps: gaps, lateness: lateness,
      board: redeliveryBoard,
      isCompared: { await poller.isThrough }, logger: logger)

    let access = try await LocalAccess(store: store, logger: logger)

    let notifier = SystemdNotifier(environment: environment, pid: getpid())
    let readiness = Readiness(condition: condition, notifier: notifier)
    let gauges = AgentGauges(store: store, rules: rules, disks: disks, subscriptions: board, condition: condition)
    let metrics = MetricsPage(registry) { await gauges.measure() }
    var quiet = logger
    // Never more: at level debug the libraries describe whole services, field by field.
    quiet.logLevel = .warning
    let hookEntrance = entrance(certificate)
    let hooks = (sockets.isEmpty ? [nil] : sockets.map(Optional.some)).map { socket in
      HookServer.application(
        host: configuration.listen.host, port: configuration.listen.port, socket: socket?.descriptor, agent: agent,
        entrance: hookEntrance, limits: hookLimits, logger: quiet,
        onServerRunning: { address in readiness.listening(on: address.text, for: "hooks", logger) })
    }
    var apis = [
      APIServer.onSocket(
        configuration.socket, agent: agent, access: access, metrics: metrics, logger: quiet,
        onServerRunning: { [socket = configuration.socket] in readiness.listening(on: socket, for: "socket", logger) })
    ]
    if let api = configuration.api {
      apis.append(
        APIServer.onPort(
          host: api.listen.host, port: api.listen.port, names: api.hosts, agent: agent, access: access,
          metrics: metrics, entrance: apiEntrance(api, certificate, hookEntrance), logger: quiet, accessLogger: logger,
          onServerRunning: { address in readiness.listening(on: address.text, for: "api", logger) }))
    }

    let files = FileWatch {
      await rules.reloadChangedPipelines()
      if let certificate {
        try? await NIOThreadPool.singleton.runIfActive { certificate.reloadIfChanged() }
      }
    }
    var group = ServiceGroupConfiguration(
      services: [
        named(StoreService(store: store)),
        named(outgoing),
        named(dispatcher),
        named(files),
        named(poller),
        named(scheduler),
        named(disks),
        named(janitor),
        named(
          mirrors(MirrorDuty(store: store, rules: rules, area: area, runners: origin(runner), logger: logger))),
        named(Watchdog(notifier, loops: MainLoops.all(dispatcher: dispatcher, store: store), logger: logger)),
        named(HangupReload(agent: agent, notifier: notifier, hangups: await UnixSignalsSequence(trapping: .sighup))),
        named(githubRanges(github, wantedBy: rules, outgoing.client)),
      ] + hooks.map { listening($0) }
        + [named(subscriptions), named(redeliveries)] + apis.map { listening($0) }
        + draining(dispatcher, condition, notifier)
        + [named(StoppingNotice(notifier: notifier, condition: condition))],
      gracefulShutdownSignals: drainLimit == nil ? [.sigterm, .sigint] : [.sigint], logger: quiet)
    // Runs are not waited for; this bounds requests that are being answered.
    group.maximumGracefulShutdownDuration = .seconds(5)
    return ServiceGroup(configuration: group)
  }

  /// What `listen` has to keep to, the socket of a unit has to keep to as well.
  private func checkSockets() throws(CommandExit) {
    for socket in sockets where !socket.isLoopback && !configuration.plainMayBePublic {
      throw CommandExit(
        .failed,
        "pushrod.socket listens on \(socket.address), which others reach, and what they send would travel unencrypted: "
          + "set `tls`, or listen on 127.0.0.1 behind a proxy that has a certificate, or say `insecure_http: true`.")
    }
    if !sockets.isEmpty {
      logger.info(
        "systemd listens for the agent; `listen` is not used",
        metadata: ["event": "activated", "addresses": "\(sockets.map(\.address).joined(separator: ","))"])
    }
  }

  /// A service under its type's name: without one, the library makes a name of all that the service holds, field by
  /// field, which took a third of the agent's start.
  private func named(
    _ service: any Service,
    onSuccess behavior: ServiceGroupConfiguration.ServiceConfiguration.TerminationBehavior = .cancelGroup
  ) -> ServiceGroupConfiguration.ServiceConfiguration {
    .init(service: service, successTerminationBehavior: behavior, serviceName: "\(type(of: service))")
  }

  /// Where it cannot listen, the others stop in order: cut off, they would have errors of their own to tell.
  private func listening(_ service: any Service) -> ServiceGroupConfiguration.ServiceConfiguration {
    .init(
      service: service, failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "\(type(of: service))")
  }

  private func draining(
    _ dispatcher: Dispatcher, _ condition: AgentCondition, _ notifier: SystemdNotifier
  ) -> [ServiceGroupConfiguration.ServiceConfiguration] {
    drainLimit.map { limit in
      [
        named(
          DrainOnTermination(
            dispatcher: dispatcher, condition: condition, limit: limit, notifier: notifier, logger: logger),
          onSuccess: .gracefullyShutdownGroup)
      ]
    } ?? []
  }

  private func launcher(_ runner: String) throws -> any RunnerLauncher {
    switch configuration.launcher {
    case .socket(let path): return SocketLauncher(path: path)
    case .spawn:
      guard access(runner, X_OK) == 0 else {
        throw CommandExit(
          .failed,
          "the runner \(runner) cannot be executed; install pushrod-runner beside pushrod, or set PUSHROD_RUNNER.")
      }
      return SpawnLauncher(executable: runner, environment: environment)
    }
  }

  /// A janitor of its own: a turn may take minutes.
  private func mirrors(_ duty: MirrorDuty) -> Janitor { Janitor([duty], interval: .seconds(5), logger: logger) }

  private func order(_ runner: String) -> RunnerOrder { RunnerOrder(origin(runner)) }

  private func origin(_ runner: String) -> RunnerOrigin {
    switch configuration.launcher {
    case .socket(let path): .socket(path: path)
    case .spawn: .spawn(executable: runner, environment: environment)
    }
  }

  private func rulesOrigin(_ certificate: ServerCertificate?) -> RulesOrigin {
    let current = configuration
    let reload = reload
    return RulesOrigin(
      load: {
        let configuration = try reload()
        let rules = try RulesetBuilding.rules(configuration)
        // Last, because it takes effect at once: all of a reload counts, or nothing.
        if let certificate, let files = configuration.tls { try certificate.reload(from: CertificateOrigin(files)) }
        return RulesOrigin.Loaded(
          rules: rules,
          needsRestart: RulesetBuilding.needsRestart(from: current, to: configuration))
      },
      loadPipelines: { rules in
        try PipelineFolder.load(
          current.pipelinesFolder, secrets: Set(rules.secrets.keys), sources: Set(rules.sources.keys))
      },
      fingerprint: {
        // A certificate that has come since a reload failed may be what it lacked.
        var hasher = Hasher()
        hasher.combine(FolderFingerprint(folder: current.pipelinesFolder))
        hasher.combine(certificate?.fingerprint)
        return hasher.finalize()
      })
  }

  private func entrance(_ certificate: ServerCertificate?) -> Entrance {
    Entrance(
      certificate: certificate, proxies: TrustedProxies(configuration.trustedProxies),
      speaksProxyProtocol: configuration.speaksProxyProtocol,
      counts: ConnectionCounts(limit: configuration.limits.connectionsPerAddress),
      deadline: .milliseconds(Int64(configuration.limits.headerTimeout.value * 1000)))
  }

  /// The same counts. On the loopback there is nothing to encrypt for, and the certificate is for another name; the
  /// PROXY protocol is spoken by what stands before `listen`.
  private func apiEntrance(
    _ api: APIConfiguration, _ certificate: ServerCertificate?, _ hooks: Entrance
  ) -> Entrance {
    var entrance = hooks
    entrance.certificate = api.listen.isLoopback ? nil : certificate
    entrance.speaksProxyProtocol = false
    return entrance
  }

  private func githubRanges(_ ranges: PublishedRanges, wantedBy rules: RulesInForce, _ client: HTTPClient)
    -> GitHubRanges
  {
    GitHubRanges(
      client: client, ranges: ranges, file: GitHubRangesFile(folder: configuration.data),
      api: environment["PUSHROD_GITHUB_API"] ?? GitHubRanges.usualAPI,
      isWanted: { rules.current.door.sources.values.contains { $0.allow?.includesGitHub ?? false } }, logger: logger)
  }

  private var hookLimits: HookLimits {
    var limits = HookLimits(
      body: configuration.limits.body, bodyMemory: configuration.limits.bodyMemory,
      connections: configuration.limits.connections)
    limits.headerTimeout = .milliseconds(Int64(configuration.limits.headerTimeout.value * 1000))
    limits.bodyTimeout = .milliseconds(Int64(configuration.limits.bodyTimeout.value * 1000))
    return limits
  }
}

extension SocketAddress? {
  /// `127.0.0.1:8700`, as the system bound it.
  fileprivate var text: String { map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" } ?? "?" }
}
