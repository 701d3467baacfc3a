/// What became of a delivery. Every delivery reaches exactly one.
public enum Verdict: Hashable, Sendable {
  /// Runs were queued, in this order.
  case started(runs: [Int])
  /// The delivery is genuine and nothing starts; `reason` is the rule that said so, in a sentence.
  case ignored(reason: String)
  /// The delivery is not genuine or not readable; `reason` is for the operator, never for the sender.
  case rejected(reason: String)

  public enum Kind: String, Codable, Sendable, CaseIterable {
    case started, ignored, rejected
  }

  public var kind: Kind {
    switch self {
    case .started: .started
    case .ignored: .ignored
    case .rejected: .rejected
    }
  }

  /// The runs that were started; empty for the other verdicts.
  public var runs: [Int] {
    if case .started(let runs) = self { runs } else { [] }
  }

  /// One line for people.
  public var sentence: String {
    switch self {
    case .started(let runs):
      "started " + (runs.count == 1 ? "run " : "runs ") + runs.map(String.init).joined(separator: ", ")
    case .ignored(let reason): "ignored: \(reason)"
    case .rejected(let reason): "rejected: \(reason)"
    }
  }
}

/// What one pipeline said to one delivery, with the rule that decided.
public struct Decision: Codable, Hashable, Sendable {
  public var pipeline: String
  public var starts: Bool
  /// A sentence such as `branch "dev" not in [main]`.
  public var reason: String

  public init(pipeline: String, starts: Bool, reason: String) {
    self.pipeline = pipeline
    self.starts = starts
    self.reason = reason
  }
}
