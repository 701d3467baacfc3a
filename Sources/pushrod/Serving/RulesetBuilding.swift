import Agent
import AgentConfiguration
import Model
import Webhooks

/// From what the configuration file says to what the agent works by.
enum RulesetBuilding {
  /// Reads the pipelines as well.
  /// - Throws: `Diagnostics`.
  static func rules(_ configuration: Configuration) throws -> Ruleset {
    var sources: [String: Source] = [:]
    for source in configuration.sources {
      sources[source.name] = Source(
        name: source.name, sender: source.sender, secrets: source.secrets, options: source.options,
        tolerance: source.tolerance?.value)
    }
    return Ruleset(
      sources: sources, subscriptions: subscriptions(configuration),
      pipelines: try PipelineFolder.load(
        configuration.pipelinesFolder, secrets: Set(configuration.secrets.keys), sources: configuration.sourceNames),
      credentials: configuration.credentials, secrets: configuration.secrets,
      allowedSchemes: configuration.allowedSchemes, publicURL: configuration.publicURL,
      parallelRuns: configuration.parallelRuns, fetchTimeout: configuration.limits.fetchTimeout,
      treeLimits: configuration.limits.tree, inbox: configuration.inbox)
  }

  private static func subscriptions(_ configuration: Configuration) -> Set<Subscription> {
    var subscriptions: Set<Subscription> = []
    for source in configuration.sources {
      if let relay = source.relay { subscriptions.insert(Subscription(source: source.name, at: .relay(relay))) }
      if let forwarding = source.forwarding {
        subscriptions.insert(Subscription(source: source.name, at: .forward(forwarding)))
      }
    }
    return subscriptions
  }

  /// Keys that differ and that a running agent cannot change.
  static func needsRestart(from old: Configuration, to new: Configuration) -> [String] {
    var keys: [String] = []
    if old.listen != new.listen { keys.append("listen") }
    if old.api != new.api { keys.append("api") }
    if old.data != new.data { keys.append("data") }
    if old.socket != new.socket { keys.append("socket") }
    if old.pipelinesFolder != new.pipelinesFolder { keys.append("pipelines") }
    if old.runnerData != new.runnerData || old.launcher != new.launcher { keys.append("runner") }
    if old.limits.body != new.limits.body || old.limits.headerTimeout != new.limits.headerTimeout
      || old.limits.bodyTimeout != new.limits.bodyTimeout
    {
      keys.append("limits")
    }
    return keys
  }
}
