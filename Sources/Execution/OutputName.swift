import Model

/// What a step may call the values that it hands on.
enum OutputName {
  /// - Returns: `nil` where the name will do.
  static func complaint(about name: String, secrets: Set<String>) -> String? {
    guard VariableName.isValid(name) else { return VariableName.complaint(about: name) }
    let shown = name.shown(limit: 60)
    if secrets.contains(name) { return "`\(shown)` is the name of a secret" }
    if VariableName.isDecisive(name) || name.uppercased().hasPrefix("PUSHROD") {
      return "`\(shown)` cannot be handed on: it is Pushrod's own, or decides what programs run"
    }
    return nil
  }
}
