import Model

/// What a value of the language may be, in a word for the manual and in the JSON Schema's terms.
///
/// A schema says the form and no more: that a name is one of an earlier step's, or that a date exists, only the reader can
/// find out. JSON Schema, draft 2020-12 (json-schema.org).
struct Kind: Sendable {
  let words: String
  let schema: JSONValue
  /// The `$defs` that the schema refers to.
  let definitions: [String: JSONValue]

  init(_ words: String, _ schema: [String: JSONValue], definitions: [String: JSONValue] = [:]) {
    self.words = words
    self.schema = .object(schema)
    self.definitions = definitions
  }

  /// With other words in the manual.
  func called(_ words: String) -> Kind {
    guard case .object(let schema) = schema else { return self }
    return Kind(words, schema, definitions: definitions)
  }
}

extension Kind {
  /// Not empty. Numbers and truth values stand for their own text.
  static let text = Kind("text", ["type": ["string", "number", "boolean"], "minLength": 1])

  /// The same, which may be empty.
  static let anyText = Kind("text", ["type": ["string", "number", "boolean"]])

  /// Relative, and without `..`: `PathReading`.
  static let path = text("path", matching: #"^(?!/)(?!(.*/)?\.\.(/|$))."#)

  static let bool = Kind("`true` or `false`", ["type": "boolean"])

  static func text(_ words: String, matching pattern: String) -> Kind {
    Kind(words, ["type": ["string", "number", "boolean"], "pattern": .string(pattern)])
  }

  /// Never a number, not even one that would match.
  static func words(_ words: String, matching pattern: String) -> Kind {
    Kind(words, ["type": "string", "pattern": .string(pattern)])
  }

  static func integer(_ range: ClosedRange<Int>) -> Kind {
    Kind(
      "\(grouped(range.lowerBound)) to \(grouped(range.upperBound))",
      ["type": "integer", "minimum": .number(Double(range.lowerBound)), "maximum": .number(Double(range.upperBound))])
  }

  /// `Quantity.seconds`.
  static let duration: Kind = {
    let number = #"[0-9]+(\.[0-9]+)?"#
    let units = ["d", "h", "m", "s", "ms"].map { "(\(number)\($0) *)?" }.joined()
    return Kind(
      "duration",
      [
        "anyOf": [
          ["type": "number", "exclusiveMinimum": 0],
          ["type": "string", "pattern": .string("^(?=[0-9])(\(number)|\(units))$")],
        ]
      ])
  }()

  /// `Quantity.bytes`.
  static let size = Kind(
    "size",
    [
      "anyOf": [
        ["type": "integer", "minimum": 0],
        ["type": "string", "pattern": #"^[0-9]{1,12} *([bB]|[kKmMgGtT]([iI]?[bB])?)?$"#],
      ]
    ])

  static func oneOf(_ words: [String]) -> Kind {
    let last = words.last.map { "`\($0)`" } ?? ""
    let others = words.dropLast().map { "`\($0)`" }.joined(separator: ", ")
    return Kind(others.isEmpty ? last : "\(others) or \(last)", ["enum": .array(words.map(JSONValue.string))])
  }

  static func list(_ item: Kind, of nouns: String, atMost limit: Int, atLeast least: Int = 0) -> Kind {
    var schema: [String: JSONValue] = ["type": "array", "items": item.schema, "maxItems": .number(Double(limit))]
    if least > 0 { schema["minItems"] = .number(Double(least)) }
    return Kind("list of \(nouns)", schema, definitions: item.definitions)
  }

  /// One value, or a list of them.
  static func oneOrMany(_ item: Kind, of nouns: String, atMost limit: Int = 100) -> Kind {
    let list = list(item, of: nouns, atMost: limit, atLeast: 1)
    return Kind(
      "\(item.words), or list of \(nouns)", ["anyOf": [item.schema, list.schema]], definitions: item.definitions)
  }

  static func either(_ kinds: Kind..., words: String? = nil) -> Kind {
    Kind(
      words ?? kinds.map(\.words).joined(separator: ", or "), ["anyOf": .array(kinds.map(\.schema))],
      definitions: kinds.reduce(into: [:]) { $0.merge($1.definitions) { first, _ in first } })
  }

  /// A mapping whose keys are the author's own.
  static func mapping(to value: Kind, words: String, names pattern: String? = nil, atMost limit: Int) -> Kind {
    var schema: [String: JSONValue] = [
      "type": "object", "additionalProperties": value.schema, "maxProperties": .number(Double(limit)),
    ]
    if let pattern { schema["propertyNames"] = ["pattern": .string(pattern)] }
    return Kind(words, schema, definitions: value.definitions)
  }

  static let null = Kind("nothing", ["type": "null"])

  /// Without these keys, which the mapping itself knows.
  func without(_ names: [String]) -> Kind {
    Kind(words, ["allOf": [schema, .object(Kind.forbidding(names))]], definitions: definitions)
  }

  static func forbidding(_ names: [String]) -> [String: JSONValue] {
    ["not": ["anyOf": .array(names.map { ["required": [.string($0)]] })]]
  }

  static func record<Draft>(_ record: Record<Draft>) -> Kind {
    var definitions = record.keys.reduce(into: [:]) { $0.merge($1.kind.definitions) { first, _ in first } }
    definitions[record.title] = record.schema
    return Kind("mapping", ["$ref": .string("#/$defs/\(record.title)")], definitions: definitions)
  }

  private static func grouped(_ number: Int) -> String {
    var text = String(number)
    var position = text.count - 3
    while position > 0, number >= 10_000 {
      text.insert(",", at: text.index(text.startIndex, offsetBy: position))
      position -= 3
    }
    return text
  }
}
