import Model

/// What is valid in a pipeline file, and better done in another way: `pushrod check --strict`.
enum PipelineAdvice {
  /// More than this many help nobody.
  private static let limit = 100
  private static let shells: Set<String> = ["sh", "bash", "dash", "ash", "ksh", "zsh"]
  /// A line with this comment was thought about.
  static let exemption = "# strict: ok"

  static func advice(_ pipeline: PipelineDraft, _ steps: [StepList: [StepDraft]]) -> [Diagnostic] {
    var found: [Diagnostic] = []
    if pipeline.timeout == nil, let unbounded = unbounded(steps[.steps] ?? []) { found.append(unbounded) }
    for list in StepList.allCases {
      for draft in steps[list] ?? [] {
        found += advice(draft, secrets: Set(pipeline.secrets))
        if let neverRun = neverRun(draft, pipeline.triggers) { found.append(neverRun) }
      }
    }
    return Array(found.filter { !isExempt($0) }.prefix(limit))
  }

  private static func isExempt(_ diagnostic: Diagnostic) -> Bool { diagnostic.excerpt?.hasSuffix(exemption) == true }

  /// Said once, at the first of them: one line in the file bounds them all.
  private static func unbounded(_ steps: [StepDraft]) -> Diagnostic? {
    let unbounded = steps.filter { $0.step.timeout == nil && !$0.step.run.isEmpty }
    guard let first = unbounded.first else { return nil }
    let more = unbounded.count > 1 ? " (and \(unbounded.count - 1) more)" : ""
    return first.value.diagnostic(
      "step `\(first.step.name.shown(limit: 80))`\(more) has no time limit but the default of an hour",
      suggestion: "say how long it may take: `timeout: 10m`, here or for the whole pipeline")
  }

  /// Events that nothing brings about; a run by hand is always possible.
  private static func neverRun(_ draft: StepDraft, _ triggers: Triggers?) -> Diagnostic? {
    guard let events = draft.step.when?.events, let triggers, draft.includedBy == nil else { return nil }
    let possible: [RunRequest.Trigger] =
      [.manual] + (triggers.push == nil ? [] : [.push]) + (triggers.webhooks == nil ? [] : [.webhook])
      + (triggers.schedules == nil ? [] : [.schedule])
    guard events.allSatisfy({ !possible.contains($0) }) else { return nil }
    let words = events.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    return draft.value.diagnostic(
      "step `\(draft.step.name.shown(limit: 80))` runs on \(words), which `on` of this pipeline does not have",
      suggestion: "add it to `on`, or leave the step out")
  }

  private static func advice(_ draft: StepDraft, secrets: Set<String>) -> [Diagnostic] {
    let words = draft.step.shell
    guard let shell = words.first.map({ String($0.split(separator: "/").last ?? "") }), shells.contains(shell),
      let script = draft.script
    else { return [] }
    var found: [Diagnostic] = []
    let isTraced = words.dropFirst().contains { $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.contains("x") }
    if isTraced, !secrets.isEmpty {
      found.append(
        draft.value.diagnostic(
          "`\(words.joined(separator: " ").shown(limit: 60))` writes every command with its values to the log, secrets too",
          suggestion: "leave -x out: parts and other spellings of a value are not masked"))
    }
    return found
      + ScriptRules(secrets: secrets).advice(draft.step.run).map { advice in
        script.diagnostic(advice.message, suggestion: advice.suggestion, in: advice.place, length: advice.length)
      }
  }
}

extension Value {
  /// About this value, and no mistake.
  func diagnostic(_ message: String, suggestion: String) -> Diagnostic {
    findings.document.diagnostic(at: node.position, length: length, message, suggestion: suggestion)
  }

  /// About a place in a text of several lines.
  fileprivate func diagnostic(
    _ message: String, suggestion: String, in place: ShellPlace, length: Int
  ) -> Diagnostic {
    guard let position = position(of: place) else { return diagnostic(message, suggestion: suggestion) }
    return findings.document.diagnostic(at: position, length: max(1, length), message, suggestion: suggestion)
  }

  /// Where a place in the text stands in the file; `nil` where YAML folded or escaped the text.
  private func position(of place: ShellPlace) -> Document.Position? {
    guard case .scalar(let text, let quoted) = node.content else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.indices.contains(place.line) else { return nil }
    let line = lines[place.line].unicodeScalars
    let source = findings.document.source
    let opening = source.text(from: node.position)
    if opening.first == "|" {
      let number = node.position.line + 1 + place.line
      let whole = source.text(from: Document.Position(line: number, column: 1)).unicodeScalars
      let indent = whole.count - line.count
      guard indent >= 0, whole.dropFirst(indent).elementsEqual(line) else { return nil }
      return Document.Position(line: number, column: indent + place.column + 1)
    }
    let offset = quoted ? 1 : 0
    guard place.line == 0, opening.unicodeScalars.dropFirst(offset).starts(with: line) else { return nil }
    return Document.Position(line: node.position.line, column: node.position.column + offset + place.column)
  }
}
