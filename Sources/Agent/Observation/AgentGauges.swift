import FoundationEssentials
import Metrics
public import Model

/// What is measured anew each time somebody asks for it.
public struct AgentGauges: Sendable {
  private let store: any RunCounting
  private let rules: RulesInForce
  private let disks: DiskWatch
  private let subscriptions: SubscriptionBoard
  private let condition: AgentCondition

  public init(
    store: any RunCounting, rules: RulesInForce, disks: DiskWatch, subscriptions: SubscriptionBoard,
    condition: AgentCondition
  ) {
    self.store = store
    self.rules = rules
    self.disks = disks
    self.subscriptions = subscriptions
    self.condition = condition
  }

  /// Brings the gauges up to date.
  public func measure() async {
    begin(rules.current)
    // A store that does not answer leaves the last figures; `pushrod_ready` says the rest.
    if let census = try? await store.census() {
      set(.runs, census.queued, [("state", "queued")])
      set(.runs, census.running, [("state", "running")])
      let age = census.oldestQueuedAt.map { max(0, Date().timeIntervalSince($0)) }
      Meter(label: Measure.oldestQueued.name).set(age ?? 0)
    }
    for room in disks.current {
      set(.diskFree, room.free, [("disk", room.disk)])
      set(.diskSize, room.size, [("disk", room.disk)])
      set(.diskStop, room.stop, [("disk", room.disk)])
    }
    set(.runsHeld, disks.shortage == nil ? 0 : 1)
    for subscription in subscriptions.all {
      set(
        .subscriptionConnected, subscription.isConnected ? 1 : 0,
        [("source", subscription.source), ("way", subscription.way.rawValue)])
    }
    set(.ready, condition.readiness.isReady ? 1 : 0)
    set(.buildInfo, 1, [("version", PushrodVersion.current)])
  }

  /// Series that may come are there from the beginning, with 0: what appears with its first event has no rise that an
  /// alert could see.
  private func begin(_ rules: Ruleset) {
    for pipeline in rules.pipelines {
      for state in RunState.allCases where state.isFinal {
        _ = Counter(
          label: Measure.runsFinished.name, dimensions: [("pipeline", pipeline.name), ("state", state.rawValue)])
      }
    }
    for source in rules.sources.keys {
      for verdict in Verdict.Kind.allCases {
        _ = Counter(
          label: Measure.deliveries.name,
          dimensions: [("source", source), ("verdict", verdict.rawValue), ("way", Way.webhook.rawValue)])
      }
    }
  }

  private func set(_ measure: Measure, _ value: Int, _ dimensions: [(String, String)] = []) {
    Meter(label: measure.name, dimensions: dimensions).set(value)
  }
}
