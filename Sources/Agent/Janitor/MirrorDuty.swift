public import Logging
public import Model
public import RunDirectory

/// Has mirrors repacked, and mirrors and workspaces removed that nobody uses any longer, when no run needs them.
///
/// The agent never runs Git, and may not write where runners work: a runner does it, with the rights of a run. A turn may
/// take minutes, so this has a `Janitor` of its own.
public actor MirrorDuty: JanitorDuty {
  public nonisolated let name = "mirrors"
  private let store: any RunStore
  private let rules: RulesInForce
  private let area: RunArea
  private let runners: RunnerOrigin
  private let logger: Logger
  private var lastTurn: ContinuousClock.Instant?

  /// For one turn.
  private static let timeout: Seconds = 1800
  private static let answerLimit = 16 << 20

  public init(
    store: any RunStore, rules: RulesInForce, area: RunArea, runners: RunnerOrigin, logger: Logger
  ) {
    self.store = store
    self.rules = rules
    self.area = area
    self.runners = runners
    self.logger = logger
  }

  public func perform() async throws {
    let rules = rules.current
    if let lastTurn, lastTurn.duration(to: .now) < rules.mirrors.every.duration { return }
    lastTurn = .now
    let request = try await request(rules)
    let answer = try await runners.ask(
      Handover(upkeep: request), UpkeepAnswer.self, answerLimit: MirrorDuty.answerLimit, timeout: request.timeout)
    tell(of: answer)
  }

  private func request(_ rules: Ruleset) async throws -> UpkeepRequest {
    let running = try await store.runningRuns()
    return UpkeepRequest(
      area: area.root, mirrors: rules.pipelines.map { area.mirror(of: $0.repository) },
      workspaces: rules.pipelines.map { area.workspace(of: $0.name) },
      busy: running.map { area.mirror(of: $0.request.pipeline.repository) }, isQuiet: running.isEmpty,
      packs: rules.mirrors.packs, unused: rules.mirrors.unused, timeout: MirrorDuty.timeout,
      memory: rules.fetchLimits.memory)
  }

  private func tell(of answer: UpkeepAnswer) {
    for one in answer.repacked {
      logger.info(
        "a mirror was repacked",
        metadata: [
          "event": "mirror_repacked", "mirror": "\(one.mirror)", "packs_before": "\(one.packsBefore)",
          "packs": "\(one.packsAfter)", "bytes_before": "\(one.bytesBefore)", "bytes": "\(one.bytesAfter)",
          "removed_refs": "\(one.removedRefs)",
        ])
    }
    for path in answer.removed {
      logger.info(
        "what no pipeline has used for long was removed", metadata: ["event": "unused_removed", "path": "\(path)"])
    }
    for failure in answer.failures {
      logger.warning("upkeep failed", metadata: ["event": "upkeep_failed", "error": "\(failure)"])
    }
  }
}
