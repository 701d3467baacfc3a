public import Metrics
public import Model
import Synchronization

/// Keeps what the agent counts and measures, through swift-metrics, until Prometheus asks for it.
///
/// Only measures of the catalogue are kept, with their labels; what a library reports besides them goes nowhere.
public final class MetricRegistry: MetricsFactory {
  /// A measure with all its series.
  private final class Family: Sendable {
    let measure: Measure
    /// By the labels' values, in the order of the labels.
    let series = Mutex<[[String]: MetricSeries]>([:])

    init(_ measure: Measure) { self.measure = measure }
  }

  /// Of one measure: far more than a configuration has pipelines, and a bound on what reloads add up to.
  private static let mostSeries = 5000

  private let families: [Family]
  private let byName: [String: Family]

  public init(_ measures: [Measure] = Measure.all) {
    families = measures.map(Family.init)
    byName = Dictionary(families.map { ($0.measure.name, $0) }, uniquingKeysWith: { first, _ in first })
    // They have a value from the beginning: 0.
    for family in families where family.measure.labels.isEmpty { _ = series(family.measure.name, []) }
  }

  /// The series of a measure, made where it is new; `nil` for what is not in the catalogue.
  private func series(_ name: String, _ dimensions: [(String, String)]) -> MetricSeries? {
    guard let family = byName[name], family.measure.labels.count == dimensions.count else { return nil }
    var values: [String] = []
    for label in family.measure.labels {
      guard let value = dimensions.first(where: { $0.0 == label })?.1 else { return nil }
      values.append(value)
    }
    return family.series.withLock { series in
      if let known = series[values] { return known }
      guard series.count < MetricRegistry.mostSeries else { return nil }
      let new = MetricSeries(family.measure.kind)
      series[values] = new
      return new
    }
  }

  /// Everything, as Prometheus reads it.
  /// - Parameter figures: of measures without labels that are known from elsewhere.
  func text(with figures: [Measure: Double] = [:]) -> String {
    var text = ExpositionText()
    for family in families {
      var series = family.series.withLock { series in series.map { (values: $0.key, reading: $0.value.reading) } }
      if let figure = figures[family.measure] { series = [([], MetricSeries.Reading(number: figure))] }
      text.append(family.measure, series.sorted { $0.values.lexicographicallyPrecedes($1.values) })
    }
    return text.text
  }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, dimensions) ?? NOOPMetricsHandler.instance
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    series(label, dimensions) ?? NOOPMetricsHandler.instance
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions) ?? NOOPMetricsHandler.instance
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    series(label, dimensions) ?? NOOPMetricsHandler.instance
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(label, dimensions) ?? NOOPMetricsHandler.instance
  }

  // Series last as long as the process: a counter that vanished and came back would look like a restart.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}
}
