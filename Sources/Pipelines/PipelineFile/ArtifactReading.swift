import Model

/// Reads `artifacts` of a step.
enum ArtifactReading {
  static func patterns(_ value: Value) -> [String]? {
    let patterns = PatternReading.patterns(value, such: "dist or \"reports/**/*.xml\"")
    for pattern in patterns {
      let plain = GlobList.excludes(pattern) ? String(pattern.unicodeScalars.dropFirst()) : pattern
      if plain.hasPrefix("/") || plain.split(separator: "/").contains("..") || plain.split(separator: "/").contains(".")
      {
        value.report(
          "\(value.subject) must be patterns for files of the workspace, relative and without `..`, not `\(pattern.shown(limit: 60))`"
        )
      }
    }
    return patterns.isEmpty ? nil : patterns
  }
}
