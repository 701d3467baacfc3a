public import ServiceLifecycle

/// Looks every two seconds whether a pipeline file has changed.
public struct PipelineWatch: Service {
  private let rules: RulesInForce
  private let interval: Duration

  public init(_ rules: RulesInForce, interval: Duration = .seconds(2)) {
    self.rules = rules
    self.interval = interval
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: interval)
        await rules.reloadChangedPipelines()
      }
    }
  }
}
