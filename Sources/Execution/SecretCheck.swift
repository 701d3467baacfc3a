import Model

/// What is to be said about a run's secrets before it starts.
struct SecretCheck {
  /// Why the run cannot start, in a sentence.
  let problem: String?

  /// - Parameters:
  ///   - names: what the pipeline asks for.
  ///   - values: what the agent handed over.
  init(names: [String], values: [String: String]) {
    let missing = names.filter { values[$0] == nil }
    let unusable = names.filter { values[$0]?.utf8.contains(0) ?? false }
    let short = names.filter { values[$0].map { !Secret($0).isLongEnough } ?? false }
    if let name = missing.first {
      problem = "the secret \(name) is not configured; add it under `secrets:` in the agent's configuration"
    } else if let name = unusable.first {
      problem = "the secret \(name) holds a NUL byte, which no environment variable can"
    } else if let name = short.first {
      problem =
        "the secret \(name) has fewer than \(Secret.shortest) bytes and could not be masked in logs; make it longer, or move what is no secret to `env`"
    } else {
      problem = nil
    }
  }
}
