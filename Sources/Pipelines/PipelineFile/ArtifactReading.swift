import Model

/// Reads `artifacts` of a step.
enum ArtifactReading {
  static func patterns(_ value: Value) -> [String]? {
    for item in value.oneOrMany(atMost: 100) ?? [] {
      guard case .scalar(let pattern, _) = item.node.content, PatternReading.leavesTheTop(pattern) else { continue }
      item.report(
        "\(value.subject) must be patterns for files of the workspace, relative and without `..`, not `\(pattern.shown(limit: 60))`"
      )
    }
    let patterns = PatternReading.patterns(value, such: "dist or \"reports/**/*.xml\"")
    return patterns.isEmpty ? nil : patterns
  }
}
