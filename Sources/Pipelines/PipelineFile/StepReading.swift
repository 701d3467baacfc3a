import Model

/// Reads `steps` and `finally`; one value for both, because step names are unique in the whole pipeline.
struct StepReading {
  /// One argument of a command cannot be longer (Linux: MAX_ARG_STRLEN, with the final NUL).
  private static let longestScript = (128 << 10) - 1

  private let secrets: [String]
  private var names: [String: Document.Position] = [:]

  init(secrets: [String]) { self.secrets = secrets }

  /// Both lists of the pipeline.
  mutating func read(_ pipeline: Fields) -> (steps: [Step], finally: [Step]) {
    var drafts = drafts(pipeline, key: "steps")
    let count = drafts.count
    drafts += self.drafts(pipeline, key: "finally")
    // Given names first, so that a made-up one never takes the name of a later step.
    for draft in drafts { claimName(of: draft) }
    for index in drafts.indices where drafts[index].step.name.isEmpty { makeName(of: &drafts[index]) }
    return (drafts[..<count].map(\.step), drafts[count...].map(\.step))
  }

  private func drafts(_ pipeline: Fields, key: String) -> [Draft] {
    guard let value = pipeline[key] else {
      if key == "steps" {
        pipeline.value.report("`steps` is missing: there is nothing to run", suggestion: "add `steps: [make deploy]`")
      }
      return []
    }
    guard let items = value.list(atMost: 100) else { return [] }
    if items.isEmpty, key == "steps" {
      pipeline.report(key: key, "`steps` is empty: there is nothing to run", suggestion: "add a step: `- make deploy`")
    }
    return items.compactMap(draft)
  }

  /// A step with the place of its name; the name is empty until one is made up.
  private struct Draft {
    var step: Step
    var nameValue: Value?
    var position: Document.Position
  }

  private func draft(_ value: Value) -> Draft? {
    if case .scalar = value.node.content, !value.isNull {
      guard let run = script(value) else { return nil }
      return Draft(step: Step(name: "", run: run), position: value.node.position)
    }
    guard
      let fields = value.fields(
        PipelineKeys.step, later: PipelineKeys.laterStep, expected: "a command, or a mapping with `run`")
    else { return nil }
    var step = Step(name: "", run: "")
    if let name = fields["name"] { step.name = self.name(name) ?? "" }
    if let run = fields["run"] {
      step.run = script(run) ?? ""
    } else if !PipelineKeys.laterStep.contains(where: fields.contains) {
      value.report("\(value.subject) has no `run`", suggestion: "add the command: `run: make test`")
    }
    step.directory = fields["dir"].flatMap(directory)
    step.environment = fields["env"].map(variables) ?? [:]
    step.shell = fields["shell"].flatMap(shell) ?? Step.defaultShell
    step.timeout = fields["timeout"]?.duration(atMost: PipelineFile.longestTimeout)
    step.allowFailure = fields["allow_failure"]?.bool() ?? false
    return Draft(step: step, nameValue: fields["name"], position: value.node.position)
  }

  private func script(_ value: Value) -> String? {
    guard let text = value.string("a command") else { return nil }
    guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      value.report("\(value.subject) is an empty command")
      return nil
    }
    guard text.utf8.count <= StepReading.longestScript else {
      value.report(
        "\(value.subject) is longer than \(StepReading.longestScript) bytes",
        suggestion: "keep the script in the repository and run it from there")
      return nil
    }
    return text
  }

  private func directory(_ value: Value) -> String? {
    guard let text = value.string("a folder of the repository, such as web") else { return nil }
    // By the scalar: a slash and a combining accent are one character to Swift, and a slash to the system.
    let scalars = text.unicodeScalars
    let parts = scalars.split(separator: "/").map(String.init).filter { $0 != "." }
    guard scalars.first != "/", !parts.contains(".."), text.utf8.count <= 1024,
      scalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
    else {
      value.report(
        "\(value.subject) must be a path inside the repository, relative and without `..`",
        suggestion: "use `cd` in `run` to work elsewhere")
      return nil
    }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }

  private func variables(_ value: Value) -> [String: String] {
    let variables = VariableReading.variables(value)
    for name in secrets where variables[name] != nil {
      value.report("`\(name)` is in \(value.subject) and in `secrets`; it can have one value only")
    }
    return variables
  }

  private func shell(_ value: Value) -> [String]? {
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
}

/// Names of steps.
extension StepReading {
  private static let longestName = 80

  private func name(_ value: Value) -> String? {
    guard let text = value.string("a name") else { return nil }
    let isPlain = text.unicodeScalars.allSatisfy { $0.shown.unicodeScalars.count == 1 }
    guard (1...StepReading.longestName).contains(text.count), isPlain, text.first != " ", text.last != " " else {
      value.report("the name of a step is one line of 1 to \(StepReading.longestName) printable characters")
      return nil
    }
    return text
  }

  private mutating func claimName(of draft: Draft) {
    guard !draft.step.name.isEmpty else { return }
    if let first = names[draft.step.name] {
      draft.nameValue?.report(
        "two steps are named `\(draft.step.name.shown())`; the first is in line \(first.line)",
        suggestion: "give one of them another name")
    } else {
      names[draft.step.name] = draft.nameValue?.node.position ?? draft.position
    }
  }

  /// The first words of the command, with a number where another step has them already.
  private mutating func makeName(of draft: inout Draft) {
    let line =
      draft.step.run.split(whereSeparator: \.isNewline)
      .map { $0.drop(while: \.isWhitespace) }.first { !$0.isEmpty && !$0.hasPrefix("#") } ?? "step"
    var words = ""
    for word in line.split(whereSeparator: \.isWhitespace) {
      let shown = word.shown(limit: 40)
      guard words.isEmpty || words.count + 1 + shown.count <= 40 else { break }
      words += words.isEmpty ? shown : " " + shown
    }
    var name = words
    var number = 2
    while names[name] != nil {
      name = "\(words) (\(number))"
      number += 1
    }
    names[name] = draft.position
    draft.step.name = name
  }
}
