import Git
import Model

/// `when.path` of steps: which of them are about files that did not change.
struct PathConditions {
  /// Steps that are left out, and why.
  struct LeftOut: Codable, Equatable {
    /// Their numbers in the run's events.
    var steps: Set<Int>
    /// What did change, and what it was compared with: the end of each one's reason.
    var words: String
  }

  let changed: ChangedPaths
  /// Each list of patterns, with the numbers of the steps that have it.
  let lists: [[String]: [Int]]

  init(_ pipeline: Pipeline, changed: ChangedPaths) {
    self.changed = changed
    let steps = pipeline.steps + (pipeline.onFailure ?? []) + pipeline.finally
    lists = Dictionary(grouping: steps.indices.map { $0 + 1 }) { steps[$0 - 1].when?.paths ?? [] }.filter {
      !$0.key.isEmpty
    }
  }

  /// - Returns: `nil` where each step's condition holds, or has to be taken to.
  func leftOut(by measure: ChangedPaths.Measure) throws -> LeftOut? {
    guard !lists.isEmpty, case .commits(let pairs, let words) = measure else { return nil }
    var open = try lists.map { (list: try GlobList($0.key), steps: $0.value) }
    let look = try changed.visit(pairs) { path in
      open.removeAll { if case .included = $0.list.answer(to: path) { true } else { false } }
      return !open.isEmpty
    }
    guard let look, !open.isEmpty else { return nil }
    return LeftOut(steps: Set(open.flatMap(\.steps)), words: "\(look.words); compared with \(words)")
  }
}
