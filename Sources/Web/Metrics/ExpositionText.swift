import Model

/// Prometheus' text format, version 0.0.4.
struct ExpositionText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private(set) var text = ""

  /// One measure with its series; nothing where it has none.
  mutating func append(_ measure: Measure, _ series: [(values: [String], reading: MetricSeries.Reading)]) {
    guard !series.isEmpty else { return }
    text += "# HELP \(measure.name) \(ExpositionText.escaped(measure.help, quotes: false))\n"
    text += "# TYPE \(measure.name) \(ExpositionText.type(measure.kind))\n"
    for (values, reading) in series {
      let labels = Array(zip(measure.labels, values))
      guard case .histogram(let bounds) = measure.kind else {
        append(measure.name, labels, reading.number)
        continue
      }
      var below = 0
      for (bound, count) in zip(bounds, reading.buckets) {
        below += count
        append("\(measure.name)_bucket", labels + [("le", ExpositionText.number(bound))], Double(below))
      }
      append("\(measure.name)_bucket", labels + [("le", "+Inf")], Double(reading.count))
      append("\(measure.name)_sum", labels, reading.number)
      append("\(measure.name)_count", labels, Double(reading.count))
    }
  }

  private mutating func append(_ name: String, _ labels: [(String, String)], _ value: Double) {
    text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0.0)=\"\(ExpositionText.escaped($0.1, quotes: true))\"" }
      text += "{" + pairs.joined(separator: ",") + "}"
    }
    text += " \(ExpositionText.number(value))\n"
  }

  private static func type(_ kind: Measure.Kind) -> String {
    switch kind {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }

  /// As Go's ParseFloat reads it; whole numbers without a fraction.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }

  /// Backslashes and line feeds, and in a label's value quotes as well.
  static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
