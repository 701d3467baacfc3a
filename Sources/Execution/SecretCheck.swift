import Model

/// What is to be said about a run's secrets before it starts.
struct SecretCheck {
  /// Why the run cannot start, in a sentence.
  let problem: String?
  /// Lines for the log of the `fetch` step.
  let notes: [String]

  /// - Parameters:
  ///   - names: what the pipeline asks for.
  ///   - values: what the agent handed over.
  init(names: [String], values: [String: String]) {
    let missing = names.filter { values[$0] == nil }
    let unusable = names.filter { values[$0]?.utf8.contains(0) ?? false }
    if let name = missing.first {
      problem = "the secret \(name) is not configured; add it under `secrets:` in the agent's configuration"
    } else if let name = unusable.first {
      problem = "the secret \(name) holds a NUL byte, which no environment variable can"
    } else {
      problem = nil
    }
    notes = names.filter { values[$0].map { !MaskPatterns.isMaskable($0) } ?? false }.map {
      "note: the secret \($0) is shorter than \(MaskPatterns.shortestValue) bytes and is not masked in logs"
    }
  }
}
