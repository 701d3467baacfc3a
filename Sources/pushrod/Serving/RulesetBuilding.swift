import Agent
import AgentConfiguration
import Door
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
      sources: sources, subscriptions: subscriptions(configuration), door: door(configuration),
      pipelines: try PipelineFolder.load(
        configuration.pipelinesFolder, secrets: Set(configuration.secrets.keys), sources: configuration.sourceNames),
      compareTips: configuration.compareTips,
      redeliveries: Dictionary(
        configuration.sources.compactMap { source in source.redelivery.map { (source.name, $0) } },
        uniquingKeysWith: { $1 }),
      credentials: configuration.credentials, secrets: configuration.secrets,
      allowedSchemes: configuration.allowedSchemes, publicURL: configuration.publicURL,
      parallelRuns: configuration.parallelRuns, fetchTimeout: configuration.limits.fetchTimeout,
      fetchLimits: configuration.limits.fetch,
      treeLimits: configuration.limits.tree, ownPaths: configuration.ownPaths, inbox: configuration.inbox,
      mirrors: configuration.mirrors, runs: configuration.runRetention, disk: configuration.limits.disk,
      cacheSize: configuration.cacheSize)
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

  private static func door(_ configuration: Configuration) -> DoorRules {
    var rules = DoorRules(addressRate: configuration.limits.ratePerAddress)
    for source in configuration.sources {
      rules.sources[source.name] = DoorRules.Source(allow: source.allow, rate: source.rate)
    }
    return rules
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
    if old.trustedProxies != new.trustedProxies { keys.append("trusted_proxies") }
    if old.speaksProxyProtocol != new.speaksProxyProtocol { keys.append("proxy_protocol") }
    // Other files for the same thing are taken up at once.
    if (old.tls == nil) != (new.tls == nil) { keys.append("tls") }
    if old.log != new.log { keys.append("log") }
    if limitsOfRequests(old) != limitsOfRequests(new) { keys.append("limits") }
    return keys
  }

  /// The limits without those that a reload takes.
  private static func limitsOfRequests(_ configuration: Configuration) -> Configuration.Limits {
    var limits = configuration.limits
    let other = Configuration.Limits()
    limits.fetchTimeout = other.fetchTimeout
    limits.fetch = other.fetch
    limits.tree = other.tree
    limits.ratePerAddress = other.ratePerAddress
    limits.disk = other.disk
    return limits
  }
}
