import FoundationEssentials
import Logging
import Model
import RunDirectory

/// Gets a queued run going: its directory, its state, its runner.
///
/// A crash at any point leaves something that the next agent can go on from: a directory without a runner is
/// given one, and the lock in it sees to it that there is only one.
struct RunStarter: Sendable {
  let store: any RunStore & DeliveryStore
  let area: RunArea
  let launcher: any RunnerLauncher
  let logger: Logger
  /// For so long a runner that is not there may be on its way.
  private let upgradePatience: Duration
  private let work = BlockingWork("run directories")

  /// Why a run cannot be started at all, for the person who pushed.
  struct Impossible: Error, CustomStringConvertible {
    let description: String
  }

  init(
    store: any RunStore & DeliveryStore, area: RunArea, launcher: any RunnerLauncher, logger: Logger,
    upgradePatience: Duration = .seconds(60)
  ) {
    self.upgradePatience = upgradePatience
    self.store = store
    self.area = area
    self.launcher = launcher
    self.logger = logger
  }

  /// From queued to a launched runner. The state and the directory are brought to disk at the same time.
  /// - Throws: `RunState.IllegalTransition` where the run was cancelled meanwhile; `StoreFailure` (the run stays
  ///   queued); `Impossible`.
  func start(_ run: Run, _ rules: Ruleset) async throws {
    let handover = try handover(for: run, rules)
    let body = try await eventBody(of: run)
    let deployed = try await store.deployed(like: run.request)
    async let directory: Void = prepare(run, rules, body, deployed)
    do {
      _ = try await store.move(run: run.number, to: RunOutcome(.running), at: Date())
    } catch {
      _ = try? await directory
      throw error
    }
    try await directory
    try await launch(handover, run)
  }

  /// A runner for a run that is in state running and has none: the agent died just before it would have been
  /// launched. Where there is one after all, the second finds the lock taken and ends.
  func launchAgain(_ run: Run, _ rules: Ruleset) async throws {
    let handover = try handover(for: run, rules)
    try await prepare(
      run, rules, try await eventBody(of: run), try await store.deployed(like: run.request))
    try await launch(handover, run)
  }

  private func handover(for run: Run, _ rules: Ruleset) throws -> Handover {
    var secrets: [String: String] = [:]
    for name in run.request.pipeline.secrets {
      guard let secret = rules.secrets[name] else {
        throw Impossible(
          description: "the secret `\(name)` is not in the agent's configuration; add it under `secrets:` and reload")
      }
      secrets[name] = secret.text
    }
    return Handover(
      directory: area.directory(ofRun: run.number).path, secrets: secrets, credentials: rules.credentials)
  }

  private func eventBody(of run: Run) async throws -> [UInt8]? {
    guard let number = run.request.delivery else { return nil }
    return try await store.delivery(number: number)?.body
  }

  private func prepare(
    _ run: Run, _ rules: Ruleset, _ body: [UInt8]?, _ deployed: DeployedRef
  ) async throws {
    let directory = area.directory(ofRun: run.number)
    let pipeline = run.request.pipeline
    let spec = RunSpec(
      number: run.number, request: run.request, mirror: area.mirror(of: pipeline.repository),
      workspace: area.workspace(of: pipeline.name), allowedSchemes: rules.allowedSchemes,
      fetchTimeout: rules.fetchTimeout, treeLimits: rules.treeLimits,
      url: rules.publicURL.map { "\($0)/runs/\(run.number)" },
      eventFile: body == nil ? nil : directory.eventFilePath, deployed: deployed, fetchLimits: rules.fetchLimits,
      caches: CacheArea(folder: area.caches, size: rules.cacheSize),
      hidden: rules.ownPaths.isEmpty ? nil : rules.ownPaths)
    do {
      try await working(on: run) { [area, logger] in
        // What an earlier agent wrote counts, even if the configuration has changed since.
        let made = (try? directory.spec()).flatMap { $0.number == run.number && $0.request == run.request ? $0 : nil }
        _ = try RunDirectory.create(at: directory.path, spec: made ?? spec, eventBody: body)
        do {
          try area.linkLatest(pipeline: pipeline.name, run: run.number)
        } catch {
          logger.warning(
            "the link to the newest log could not be set",
            metadata: [
              "event": "link_failed", "run": "\(run.number)", "delivery": run.shownDelivery, "error": "\(error)",
            ])
        }
      }
    } catch let error as RunDirectoryError {
      throw Impossible(description: "the run directory could not be made: \(error)")
    }
  }

  private func launch(_ handover: Handover, _ run: Run) async throws {
    do {
      try await outlastingShortage(of: run) { try await launcher.launch(handover) }
    } catch let failure as LaunchFailure {
      throw Impossible(description: "the runner did not start: \(failure)")
    }
  }

  private func working(on run: Run, _ body: @escaping @Sendable () throws -> Void) async throws {
    try await outlastingShortage(of: run) { try await work.run(body) }
  }

  /// Does `work` again, a second later, for as long as this machine is short of descriptors, memory or processes. That
  /// passes, and the push has been answered: it must not fail by it. Nor by an upgrade that is putting the runner in place; a
  /// runner that is not there after a minute is missing.
  private func outlastingShortage(of run: Run, _ work: () async throws -> Void) async throws {
    var isTold = false
    let began = ContinuousClock.now
    while true {
      let shortage: any Error
      do {
        return try await work()
      } catch let error as RunDirectoryError where error.isShortage {
        shortage = error
      } catch let failure as LaunchFailure
        where failure.isShortage || failure.mayBeUpgrade && began.duration(to: .now) < upgradePatience
      {
        shortage = failure
      }
      if !isTold {
        logger.warning(
          "run \(run.number) waits for something that this machine does not have at this moment",
          metadata: [
            "event": "shortage", "run": "\(run.number)", "delivery": run.shownDelivery, "error": "\(shortage)",
          ])
      }
      isTold = true
      try await Task.sleep(for: .seconds(1))
    }
  }
}

extension Run {
  /// The number of the delivery that it comes from, for log lines; `-` for none.
  var shownDelivery: Logger.MetadataValue { "\(request.delivery.map(String.init) ?? "-")" }
}
