import Model

/// Reads `on.manual`: whether a person may start the pipeline, and what they are asked for.
enum InputReading {
  struct Draft {
    var inputs: [InputDraft] = []
  }

  static let manual = Record<Draft>(
    title: "manual", path: "on.manual", expected: "true, false, or a mapping with `inputs`",
    keys: [
      Key(
        "inputs",
        .mapping(
          to: .either(.record(input), .null), words: "mapping of names to mappings", names: VariableReading.namePattern,
          atMost: mostInputs),
        "what whoever starts it is asked for; the values are variables of every step", preset: "nothing",
        example: "inputs:\n  TARGET: {choices: [staging, production]}"
      ) { $1.inputs = inputs($0) }
    ],
    frame: "repo: https://github.com/acme/shop.git\non:\n  manual:\n    @\nsteps: [make]")

  static let input = Record<InputDraft>(
    title: "input", path: "on.manual.inputs", expected: "a mapping such as {type: choice, choices: [a, b]}",
    keys: [
      Key(
        "type", .oneOf(Input.Kind.allCases.map(\.rawValue)), "what its value may be",
        preset: "`choice` where there are `choices`, else `text`", example: "type: number"
      ) { $1.kind = $0.word(Input.Kind.self) },
      Key(
        "choices", .list(.text, of: "texts", atMost: mostChoices, atLeast: 1), "one of them is chosen", preset: "none",
        example: "choices: [staging, production]"
      ) {
        $1.choicesValue = $0
        $1.choices = choices($0)
      },
      Key(
        "default", .anyText, "the value where none is given", preset: "`false` for a `boolean`, else nothing",
        example: "default: staging"
      ) { $1.presetValue = $0 },
      Key(
        "required", .bool, "whoever starts it by hand must give it", preset: "`false`", example: "required: true"
      ) { $1.isRequired = $0.bool() ?? false },
      Key(
        "description", .text, "what it is about, told with what is wrong with a value", preset: "none",
        example: "description: Where to deploy"
      ) { $1.description = description($0) },
    ],
    isItem: true,
    frame:
      "repo: https://github.com/acme/shop.git\non:\n  manual:\n    inputs:\n      TARGET:\n        @\nsteps: [make]")

  static let kind = Kind.either(.bool, .record(manual), words: "`true` or `false`, or mapping")

  private static let mostInputs = 50
  private static let mostChoices = 100

  static func read(_ value: Value, into draft: inout TriggerDefinition.Draft) {
    draft.triggers.manual = true
    guard case .mapping = value.node.content else {
      if let isManual = value.bool() { draft.triggers.manual = isManual }
      return
    }
    var manual = Draft()
    guard self.manual.read(value, into: &manual) != nil else { return }
    draft.inputs = manual.inputs
    draft.triggers.inputs = manual.inputs.isEmpty ? nil : manual.inputs.map(\.input)
  }

  private static func inputs(_ value: Value) -> [InputDraft] {
    let entries = value.named(atMost: mostInputs, expected: "a mapping of names to mappings") ?? []
    return entries.compactMap { entry in
      if let complaint = VariableReading.complaint(aboutName: entry.name) {
        entry.report(complaint)
        return nil
      }
      guard !VariableName.isDecisive(entry.name) else {
        entry.report(
          "`\(entry.name)` cannot be an input: it decides what programs run, which is not for whoever starts a run",
          suggestion: "give it another name")
        return nil
      }
      var draft = InputDraft(entry: entry)
      // `NAME:` alone: a text.
      guard entry.value.isNull || input.read(entry.value, into: &draft) != nil else { return nil }
      draft.settle()
      return draft
    }
  }

  private static func choices(_ value: Value) -> [String] {
    var choices: [String] = []
    guard let items = value.list(atMost: mostChoices) else { return [] }
    if items.isEmpty { value.report("\(value.subject) is an empty list: there is nothing to choose") }
    for item in items {
      guard let text = item.string("a text") else { continue }
      if text.isEmpty {
        item.report("\(item.subject) is empty, which cannot be told from no choice")
      } else if text.utf8.count > InputValues.longest {
        item.report("\(item.subject) is longer than \(InputValues.longest) bytes")
      } else if choices.contains(text) {
        item.report("`\(text.shown(limit: 60))` is there twice", suggestion: "remove one of them")
      } else {
        choices.append(text)
      }
    }
    return choices
  }

  private static func description(_ value: Value) -> String? {
    guard let text = value.string("a text") else { return nil }
    guard (1...200).contains(text.count), text.unicodeScalars.allSatisfy({ $0.shown.unicodeScalars.count == 1 }) else {
      value.report("\(value.subject) is one line of 1 to 200 printable characters")
      return nil
    }
    return text
  }

  /// What can only be said once the whole file is known.
  static func check(_ draft: PipelineDraft) {
    guard let triggers = draft.triggers else { return }
    for input in draft.inputs {
      if draft.secrets.contains(input.entry.name) {
        input.entry.report(
          "`\(input.entry.name)` is an input and in `secrets`; it can have one value only",
          suggestion: "give one of them another name")
      }
      if input.isRequired, input.input.preset == nil, triggers.startsByItself {
        input.entry.report(
          "input `\(input.entry.name)` is required and has no `default`, and nobody is there to give it when "
            + "\(triggers.words) starts the pipeline",
          suggestion: "add `default:`, which counts then")
      }
    }
  }
}

/// An input on its way from its file.
struct InputDraft {
  let entry: NamedValue
  var kind: Input.Kind?
  var choices: [String]?
  var choicesValue: Value?
  var presetValue: Value?
  var isRequired = false
  var description: String?
  private(set) var input: Input

  init(entry: NamedValue) {
    self.entry = entry
    input = Input(name: entry.name)
  }

  /// Puts together what was read, and reports what does not go together.
  mutating func settle() {
    input.kind = kind ?? (choicesValue == nil ? .text : .choice)
    input.choices = choices
    input.description = description
    input.isRequired = isRequired
    switch (input.kind, choicesValue) {
    case (.choice, nil):
      entry.report(
        "input `\(entry.name)` is a choice without `choices`", suggestion: "add `choices: [staging, production]`")
    case (.text, let value?), (.number, let value?), (.boolean, let value?):
      value.report(
        "input `\(entry.name)` is a \(input.kind.rawValue), which has no `choices`", suggestion: "write `type: choice`")
    case (.choice, .some), (_, nil): break
    }
    guard let presetValue, let preset = presetValue.string() else { return }
    // Of mistaken choices no default is one.
    if input.kind == .choice, choices?.isEmpty ?? true { return }
    if let complaint = InputValues.complaint(about: preset, for: input) {
      presetValue.report("`default` of input `\(entry.name)` \(complaint)")
    } else {
      input.preset = preset
    }
  }
}

extension Triggers {
  /// Something besides a person starts the pipeline.
  fileprivate var startsByItself: Bool { push != nil || webhooks != nil || schedules != nil }

  fileprivate var words: String {
    [(push != nil, "a push"), (webhooks != nil, "an event"), (schedules != nil, "its schedule")]
      .filter(\.0).map(\.1).joined(separator: " or ")
  }
}
