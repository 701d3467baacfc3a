import Model

/// Whether the circumstances of a run are those that a step's `when` asks for.
struct ConditionCheck {
  let request: RunRequest
  /// Steps whose files did not change.
  let leftOut: PathConditions.LeftOut?

  /// - Parameter index: the step's number in the run's events.
  /// - Returns: what is otherwise, for the step's reason; `nil` where all holds. The status is not looked at.
  func obstacle(_ condition: StepCondition?, of index: Int) -> String? {
    guard let condition else { return nil }
    if let patterns = condition.branches,
      let reason = obstacle("branch", request.ref.branch, patterns)
    {
      return reason
    }
    if let patterns = condition.tags, let reason = obstacle("tag", request.ref.tag, patterns) { return reason }
    if let events = condition.events, !events.contains(origin) {
      return "event \"\(origin.rawValue)\" not in [\(events.map(\.rawValue).joined(separator: ", "))]"
    }
    if let patterns = condition.paths, let leftOut, leftOut.steps.contains(index) {
      return "nothing in \(ChangedPaths.listed(patterns)) changed: \(leftOut.words)"
    }
    return nil
  }

  /// A push that was found by comparing tips is a push, and a run that repeats another has that one's origin.
  private var origin: RunRequest.Trigger {
    let trigger = request.trigger == .rerun ? request.origin ?? .rerun : request.trigger
    return trigger == .poll ? .push : trigger
  }

  private func obstacle(_ kind: String, _ name: String?, _ patterns: [String]) -> String? {
    let listed = "[" + patterns.prefix(10).map { $0.shown(limit: 256) }.joined(separator: ", ") + "]"
    guard let name else {
      return "the run is of \(request.ref.full.shown(limit: 200)), which is no \(kind) in \(listed)"
    }
    let quoted = "\(kind) \"\(name.shown(limit: 200))\""
    return switch (try? GlobList(patterns))?.answer(to: name) {
    case .included: nil
    case .excluded(let pattern): "\(quoted) excluded by \"\(pattern.shown(limit: 256))\""
    case .unmatched: "\(quoted) not in \(listed)"
    case nil: "the patterns \(listed) cannot be read"
    }
  }
}
