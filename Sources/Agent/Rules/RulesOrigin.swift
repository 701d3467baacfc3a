public import Model

/// Where rulesets come from. Assembly fills it in, so that this target knows nothing of files and YAML.
///
/// All three are synchronous and may read files; they are called off the cooperative thread pool.
public struct RulesOrigin: Sendable {
  /// What a whole reload gives.
  public struct Loaded: Sendable {
    public var rules: Ruleset
    /// Settings that only a restart can change, and that differ on disk.
    public var needsRestart: [String]

    public init(rules: Ruleset, needsRestart: [String]) {
      self.rules = rules
      self.needsRestart = needsRestart
    }
  }

  /// Reads configuration and pipelines anew. The error's description is shown to people.
  public var load: @Sendable () throws -> Loaded
  /// Reads the pipelines alone, for the given rules.
  public var loadPipelines: @Sendable (Ruleset) throws -> [Pipeline]
  /// Changes whenever a pipeline file does.
  public var fingerprint: @Sendable () -> Int

  public init(
    load: @escaping @Sendable () throws -> Loaded,
    loadPipelines: @escaping @Sendable (Ruleset) throws -> [Pipeline],
    fingerprint: @escaping @Sendable () -> Int
  ) {
    self.load = load
    self.loadPipelines = loadPipelines
    self.fingerprint = fingerprint
  }
}
