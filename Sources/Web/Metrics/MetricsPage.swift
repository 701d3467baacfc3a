import Agent
import NIOPosix

/// What Prometheus is shown.
public struct MetricsPage: Sendable {
  private let registry: MetricRegistry
  private let measure: @Sendable () async -> Void

  /// - Parameter measure: brings the gauges up to date; called before each showing.
  public init(_ registry: MetricRegistry = MetricRegistry(), measure: @escaping @Sendable () async -> Void = {}) {
    self.registry = registry
    self.measure = measure
  }

  func text() async throws -> String {
    await measure()
    let figures = try await NIOThreadPool.singleton.runIfActive { ProcessFigures.now() }
    return registry.text(with: figures)
  }
}
