import Model

/// A move that a pipeline need not be told of any more.
struct HandledBefore: Sendable {
  var move: RefMove
  /// The sentence for the inbox.
  var reason: String
  /// It was taken for a push that had been found before, which the repository itself can prove or disprove.
  var isDoubtful = false
}

/// What is left to start of a delivery, where some of it was handled before.
struct RemainingRuns {
  let runs: [PreparedRun]
  /// As the pipelines said, with the reason in those that now start nothing.
  private(set) var decisions: [Decision]
  /// Why nothing is left, where nothing is: each reason once.
  let reason: String

  init(of runs: [PreparedRun], _ decisions: [Decision], _ handled: [HandledBefore]) {
    let rest = runs.filter { run in !handled.contains { run.isOf($0.move) } }
    self.runs = rest
    self.decisions = decisions
    var reasons: [String] = []
    for entry in handled {
      if !reasons.contains(entry.reason) { reasons.append(entry.reason) }
      guard !rest.contains(where: { $0.pipeline == entry.move.pipeline }),
        let index = decisions.firstIndex(where: { $0.pipeline == entry.move.pipeline && $0.starts })
      else { continue }
      self.decisions[index].starts = false
      self.decisions[index].reason = entry.reason
    }
    reason = reasons.joined(separator: "; ")
  }
}
