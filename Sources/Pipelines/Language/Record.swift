import Model

/// One key of a mapping of the language: how it is read, and what manual, schema and errors say about it.
struct Key<Draft>: Sendable {
  let name: String
  let kind: Kind
  /// What stands in the manual and, in an editor, beside the key: a clause without its full stop.
  let summary: String
  /// What counts without the key, as the manual has it.
  let preset: String
  /// The key as somebody would write it, one or more lines of YAML. Tested.
  let example: String
  /// Which keys it can stand beside.
  let company: Company
  let read: @Sendable (Value, inout Draft) -> Void

  init(
    _ name: String, _ kind: Kind, _ summary: String, preset: String = "", example: String,
    company: Company = .any, _ read: @escaping @Sendable (Value, inout Draft) -> Void
  ) {
    self.name = name
    self.kind = kind
    self.summary = summary
    self.preset = preset
    self.example = example
    self.company = company
    self.read = read
  }

  /// The keys that a key of the same mapping can stand beside.
  struct Company {
    private let isOnly: Bool
    private let names: [String]

    static var any: Company { without([]) }
    static func only(_ names: [String]) -> Company { Company(isOnly: true, names: names) }
    static func without(_ names: [String]) -> Company { Company(isOnly: false, names: names) }

    func allows(_ name: String) -> Bool { names.contains(name) == isOnly }

    /// For a mapping that has the key `name`, in the schema's terms; `nil` where there is nothing to say.
    fileprivate func rule(beside name: String) -> JSONValue? {
      if isOnly { return ["propertyNames": ["enum": .array(([name] + names).map(JSONValue.string))]] }
      return names.isEmpty ? nil : .object(Kind.forbidding(names))
    }
  }
}

/// A mapping of the language: the one place that knows its keys.
///
/// The reader, the JSON Schema (`PipelineLanguage.schema`) and the tables of docs/pipelines.md all come from here.
struct Record<Draft>: Sendable {
  /// Its name in the schema's `$defs`.
  let title: String
  /// Where it stands: `on.push`; empty for the whole file.
  let path: String
  /// What the value must be, for the error where it is something else.
  let expected: String
  let keys: [Key<Draft>]
  /// It stands in a list, and its keys are known by their own names.
  var isItem = false
  /// Words of the language that come with a later version.
  var later: [String] = []
  /// One of the keys of each group must be there.
  var required: [[String]] = []
  /// A mapping without any key says nothing.
  var mayBeEmpty = true
  /// A pipeline around the examples of its keys; the line `@` stands for the example.
  let frame: String

  var names: [String] { keys.map(\.name) }

  /// Reads every key that is there, in the order of the definition.
  /// - Returns: `nil`, after a report, where the value is no mapping.
  func read(_ value: Value, into draft: inout Draft) -> Fields? {
    guard let fields = value.fields(names, later: later, expected: expected) else { return nil }
    for key in keys {
      if let value = fields[key.name] { key.read(value, &draft) }
    }
    return fields
  }

  var schema: JSONValue {
    let properties = keys.map { key in (key.name, described(key)) }
    var schema: [String: JSONValue] = [
      "type": "object", "additionalProperties": .bool(false),
      "properties": .object(Dictionary(properties) { first, _ in first }),
    ]
    if !mayBeEmpty { schema["minProperties"] = 1 }
    let alone = required.filter { $0.count == 1 }.joined()
    if !alone.isEmpty { schema["required"] = .array(alone.map(JSONValue.string)) }
    let groups = required.filter { $0.count > 1 }.map { group in
      JSONValue.object(["anyOf": .array(group.map { ["required": [.string($0)]] })])
    }
    if !groups.isEmpty { schema["allOf"] = .array(groups) }
    let rules = keys.compactMap { key in key.company.rule(beside: key.name).map { (key.name, $0) } }
    if !rules.isEmpty { schema["dependentSchemas"] = .object(Dictionary(rules) { first, _ in first }) }
    return .object(schema)
  }

  private func described(_ key: Key<Draft>) -> JSONValue {
    guard case .object(var schema) = key.kind.schema else { return key.kind.schema }
    let preset = key.preset.isEmpty || key.preset.hasPrefix("must") ? "" : " (default: \(key.preset))"
    schema["description"] = .string((key.summary + preset).replacing("`", with: ""))
    return .object(schema)
  }

  /// The rows of the manual's table, one for each key.
  var manual: String {
    let prefix = path.isEmpty || isItem ? "" : path + "."
    return
      ([("Key", "Type", "Default", "Meaning"), ("---", "---", "---", "---")]
      + keys.map { ("`\(prefix)\($0.name)`", $0.kind.words, $0.preset, $0.summary) })
      .map { "| \($0.0) | \($0.1) | \($0.2) | \($0.3) |" }.joined(separator: "\n")
  }

  /// Whole pipelines, one for each key: the frame with the key's example in it.
  var examples: [(key: String, pipeline: String)] {
    keys.map { ((path.isEmpty ? "" : path + ".") + $0.name, framed($0)) }
  }

  /// Keys that `key` cannot stand beside, of those that are there.
  func strangers(to key: String, in fields: Fields) -> [String] {
    guard fields.contains(key), let company = keys.first(where: { $0.name == key })?.company else { return [] }
    return names.filter { fields.contains($0) && $0 != key && !company.allows($0) }
  }

  /// Lines of the frame give way to the same key in the example, and where the two cannot stand together.
  private func framed(_ key: Key<Draft>) -> String {
    let example = key.example.split(separator: "\n").map(String.init)
    let indent = frame.split(separator: "\n").first { $0.hasSuffix("@") }.map { $0.prefix { $0 == " " } } ?? ""
    let own = example.compactMap(Record.keyOf)
    return frame.split(separator: "\n").flatMap { line -> [String] in
      if line.hasSuffix("@") { return example.map { indent + $0 } }
      let isBeside = line.prefix { $0 == " " } == indent
      let other = isBeside ? Record.keyOf(line.dropFirst(indent.count)) : nil
      let isGone = other.map { own.contains($0) || (names.contains($0) && !key.company.allows($0)) } == true
      return isGone ? [] : [String(line)]
    }.joined(separator: "\n") + "\n"
  }

  private static func keyOf(_ line: some StringProtocol) -> String? {
    guard line.first != " ", let colon = line.firstIndex(of: ":") else { return nil }
    return String(line[..<colon])
  }
}
