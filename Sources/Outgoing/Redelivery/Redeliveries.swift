public import Agent
public import AsyncHTTPClient
public import Logging
public import Model
public import ServiceLifecycle

/// Asks GitHub again for what it could not deliver, for every source that says `redeliver`, and follows reloads.
public struct Redeliveries: Service {
  /// What a watch depends on; one that is changed is another one.
  private struct Wanted: Hashable {
    var source: String
    var redelivery: Redelivery
    var address: WebAddress?
  }

  private let rules: RulesInForce
  private let accepted: any AcceptedDeliveries
  private let condition: (any StoreCondition)?
  private let client: HTTPClient
  private let gaps: Gaps
  private let lateness: Lateness
  private let board: RedeliveryBoard
  private let isCompared: @Sendable () async -> Bool
  private let limits: RedeliveryLimits
  private let logger: Logger

  /// - Parameters:
  ///   - accepted: knows what was recorded; that is not asked for, whatever GitHub was answered.
  ///   - condition: of the same store; nothing is asked for while it cannot record. `nil`: it is not known.
  ///   - client: outlives the service.
  ///   - gaps: after each, the list is looked at again.
  ///   - lateness: told which deliveries will come late.
  ///   - board: where each source's watch writes how it goes.
  ///   - isCompared: whether the tips have been compared since the agent started; that is waited for, up to a point.
  public init(
    rules: RulesInForce, accepted: any AcceptedDeliveries, condition: (any StoreCondition)? = nil, client: HTTPClient,
    gaps: Gaps, lateness: Lateness, board: RedeliveryBoard, isCompared: @escaping @Sendable () async -> Bool,
    limits: RedeliveryLimits = RedeliveryLimits(), logger: Logger
  ) {
    self.rules = rules
    self.accepted = accepted
    self.condition = condition
    self.client = client
    self.gaps = gaps
    self.lateness = lateness
    self.board = board
    self.isCompared = isCompared
    self.limits = limits
    self.logger = logger
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown { await follow() }
  }

  private func follow() async {
    var running: [Wanted: Task<Void, Never>] = [:]
    while !Task.isCancelled {
      let wanted = wanted(rules.current)
      for old in running.keys where !wanted.contains(old) {
        let task = running.removeValue(forKey: old)
        task?.cancel()
        await task?.value
        board.remove(source: old.source)
      }
      for new in wanted where running[new] == nil {
        let watch = watch(new)
        running[new] = Task { await watch.run() }
      }
      // Comparing two small sets is cheaper than a way to tell everybody of a reload.
      try? await Task.sleep(for: .seconds(1))
    }
    for task in running.values { task.cancel() }
    for task in running.values { await task.value }
  }

  private func wanted(_ rules: Ruleset) -> Set<Wanted> {
    Set(
      rules.redeliveries.map { source, redelivery in
        Wanted(
          source: source, redelivery: redelivery,
          address: rules.publicURL.flatMap { WebAddress("\($0)/webhook/\(source)") })
      })
  }

  private func watch(_ wanted: Wanted) -> RedeliveryWatch {
    RedeliveryWatch(
      RedeliveryRound(
        source: wanted.source, hookAddress: wanted.address, api: HookAPI(wanted.redelivery, client: client),
        limits: limits, accepted: accepted, canRecord: { [condition] in condition?.trouble == nil }, lateness: lateness,
        logger: logger),
      gaps: gaps, board: board, isCompared: isCompared)
  }
}
