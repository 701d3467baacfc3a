import Model

/// Reads the lists of steps; all at once, because step names are unique in the whole pipeline.
struct StepReading {
  static let longestList = 256
  /// One argument of a command cannot be longer (Linux: MAX_ARG_STRLEN, with the final NUL).
  private static let longestScript = (128 << 10) - 1

  private let pipeline: PipelineDraft
  private var names = StepNames()

  private init(_ pipeline: PipelineDraft) { self.pipeline = pipeline }

  /// - Returns: the steps of each list that is there; none after a report.
  static func read(_ fields: Fields, _ pipeline: PipelineDraft) -> [StepList: [StepDraft]] {
    for list in PipelineDefinition.pipeline.strangers(to: "file", in: fields) {
      fields.report(
        key: list, "`\(list)` stands here, and `file` says that the steps stand in the repository",
        suggestion: "remove one of them")
    }
    if fields.lacks("steps"), !fields.contains("file") {
      fields.value.report("`steps` is missing: there is nothing to run", suggestion: "add `steps: [make deploy]`")
    }
    var reading = StepReading(pipeline)
    var drafts: [StepList: [StepDraft]] = [:]
    for list in StepList.allCases {
      guard let value = pipeline.lists[list] else { continue }
      drafts[list] = reading.drafts(value, of: list, fields)
    }
    // Given names first, so that a made-up one never takes the name of a later step.
    for list in StepList.allCases { for draft in drafts[list] ?? [] { reading.names.claim(draft) } }
    for list in StepList.allCases {
      for index in (drafts[list] ?? []).indices where drafts[list]?[index].step.name.isEmpty == true {
        reading.names.makeUp(&drafts[list]![index])
      }
    }
    NeedsReading.check(&drafts[.steps, default: []], others: reading.names.places)
    for list in [StepList.onFailure, .finally] {
      for draft in drafts[list] ?? [] where draft.step.approval != nil {
        draft.value.report(
          "`approval` is for `steps` alone: those of `\(list.rawValue)` run whatever anybody says",
          suggestion: "ask in `steps`")
      }
      for draft in drafts[list] ?? [] where draft.needs != nil {
        (draft.needs?.first ?? draft.value).report(
          "`needs` is for `steps` alone: those of `\(list.rawValue)` go in their order", suggestion: "remove it")
      }
    }
    for draft in drafts.values.joined() { reading.checkSandbox(draft) }
    return drafts
  }

  private func drafts(_ value: Value, of list: StepList, _ fields: Fields) -> [StepDraft] {
    guard let items = value.list(atMost: StepReading.longestList) else { return [] }
    if items.isEmpty, list == .steps {
      fields.report(
        key: "steps", "`steps` is empty: there is nothing to run", suggestion: "add a step: `- make deploy`")
    }
    if items.isEmpty, list != .steps {
      fields.report(key: list.rawValue, "`\(list.rawValue)` is empty", suggestion: "leave the key out")
    }
    let drafts = items.flatMap { item -> [StepDraft] in
      guard let include = IncludeReading.include(item) else { return draft(item).map { [$0] } ?? [] }
      return IncludeReading.items(include, pipeline.surroundings.include).compactMap { included in
        var draft = draft(included)
        draft?.includedBy = include
        return draft
      }
    }
    if drafts.count > StepReading.longestList {
      value.report(
        "\(value.subject) has \(drafts.count) items with those that are included; at most \(StepReading.longestList) are allowed"
      )
    }
    return drafts
  }

  private func draft(_ value: Value) -> StepDraft? {
    var draft = StepDraft(step: Step(name: "", run: ""), secrets: pipeline.secrets, value: value)
    if case .scalar = value.node.content, !value.isNull {
      guard let run = StepReading.script(value) else { return nil }
      draft.step.run = run
      draft.script = value
      return draft
    }
    guard let fields = StepDefinition.step.read(value, into: &draft) else { return nil }
    if pipeline.surroundings.isRepository {
      for key in RepositoryFile.agentsStepKeys where fields.contains(key) && StepDefinition.step.names.contains(key) {
        fields.report(key: key, RepositoryFile.refusal(of: key), suggestion: "remove it")
      }
    }
    ApprovalReading.check(fields)
    if fields.lacks("run"), !fields.contains("approval"), !fields.contains("include") {
      value.report("\(value.subject) has no `run`", suggestion: "add the command: `run: make test`")
    }
    return draft
  }

  /// A sandbox ends with its step, and all that is in it.
  private func checkSandbox(_ draft: StepDraft) {
    guard draft.step.isDetached == true, let sandbox = draft.step.sandbox ?? pipeline.sandbox, sandbox.isOff != true
    else { return }
    draft.value.report(
      "a step with `detach` cannot be in a sandbox, which ends with the step",
      suggestion: "say `sandbox: false` in this step, or leave out `detach`")
  }

  static func script(_ value: Value) -> String? {
    guard let text = value.string("a command") else { return nil }
    guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      value.report("\(value.subject) is an empty command")
      return nil
    }
    guard text.utf8.count <= longestScript else {
      value.report(
        "\(value.subject) is longer than \(longestScript) bytes",
        suggestion: "keep the script in the repository and run it from there")
      return nil
    }
    return text
  }

  static func directory(_ value: Value) -> String? {
    guard let text = value.string("a folder of the repository, such as web") else { return nil }
    guard let parts = PathReading.parts(text), !text.isEmpty else {
      value.report(
        "\(value.subject) must be a path inside the repository, relative and without `..`",
        suggestion: "use `cd` in `run` to work elsewhere")
      return nil
    }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }

  static func variables(_ value: Value, secrets: [String]) -> [String: String] {
    let variables = VariableReading.variables(value)
    for name in secrets where variables[name] != nil {
      value.report("`\(name)` is in \(value.subject) and in `secrets`; it can have one value only")
    }
    return variables
  }

  static func shell(_ value: Value) -> [String]? {
    let expected = "a shell with its options, such as bash -euo pipefail"
    var words: [String] = []
    if case .list = value.node.content {
      words = value.list(atMost: 20)?.compactMap { $0.string("a word") } ?? []
    } else if let text = value.string(expected) {
      guard !text.contains(where: { "\"'\\$`".contains($0) }) else {
        value.report("\(value.subject) is split at blanks and knows no quotes", suggestion: "write a list: [bash, -eu]")
        return nil
      }
      words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    } else {
      return nil
    }
    guard let first = words.first, !first.isEmpty, !first.hasPrefix("-") else {
      value.mismatch(expected)
      return nil
    }
    guard words.last != "-c" else {
      value.report("\(value.subject) must not end with -c, which is added", suggestion: "leave out -c")
      return nil
    }
    return words
  }

  private static let longestName = 80

  static func name(_ value: Value) -> String? {
    guard let text = value.string("a name") else { return nil }
    let isPlain = text.unicodeScalars.allSatisfy { $0.shown.unicodeScalars.count == 1 }
    guard (1...longestName).contains(text.count), isPlain, text.first != " ", text.last != " " else {
      value.report("the name of a step is one line of 1 to \(longestName) printable characters")
      return nil
    }
    return text
  }
}
