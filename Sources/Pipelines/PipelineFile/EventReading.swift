import Model

/// Reads `on.webhook`: one mapping, or a list of them.
enum EventReading {
  static let expected = "a mapping with `source`, or a list of such mappings"
  static let example = "write `webhook: {source: stripe, event: \"checkout.*\"}`, with a source of your configuration"

  struct Draft {
    let configured: Set<String>?
    var source: String?
    var events: [String]?
    var conditions: [WebhookTrigger.Condition] = []
  }

  static let record = Record<Draft>(
    title: "webhook", path: "on.webhook", expected: expected,
    keys: [
      Key(
        "source", .text.called("name"), "a source of the configuration; one that is not there is a mistake",
        preset: "must be given", example: "source: stripe"
      ) { $1.source = source($0, configured: $1.configured) },
      Key(
        "event", .oneOrMany(.text.called("pattern"), of: "patterns"), "the sender's word for what happened",
        preset: "every event", example: "source: stripe\nevent: \"checkout.*\""
      ) { $1.events = PatternReading.patterns($0, such: "release or \"checkout.*\"") },
      Key(
        "where", whereKind, "what the event's fields must be; all of the lines must hold", preset: "no conditions",
        example: "source: stripe\nwhere: {data.object.currency: [usd, eur]}"
      ) { $1.conditions = conditions($0) },
    ],
    required: [["source"]],
    frame: "repo: https://github.com/acme/shop.git\non:\n  webhook:\n    @\nsteps: [make]")

  private static let whereKind: Kind = {
    let scalar = Kind("value", ["type": ["string", "number", "boolean", "null"]])
    return .mapping(
      to: .oneOrMany(scalar, of: "values"), words: "mapping of paths to values", atMost: 20)
  }()

  /// A path names a field; longer or deeper ones are mistakes.
  private static let longestPath = 256
  private static let deepestPath = 16
  /// The longest text that a field may be compared with, in bytes; globs have a limit of their own.
  private static let longestText = 1024
  /// Beyond it two whole numbers could pass for one: 2^53 and the next are the same `Double`.
  private static let largestNumber = 9_007_199_254_740_991.0  // 2^53 - 1

  /// - Parameter configured: names of the sources that exist; `nil` where that is not known.
  /// - Returns: `nil` where nothing could be read.
  static func triggers(_ value: Value, configured: Set<String>?) -> [WebhookTrigger]? {
    var items = [value]
    if case .list = value.node.content {
      guard let listed = value.list(atMost: 20) else { return nil }
      items = listed
    }
    guard !items.isEmpty else {
      value.report("\(value.subject) is an empty list, so no event would start this pipeline", suggestion: example)
      return nil
    }
    let triggers = items.compactMap { trigger($0, configured: configured) }
    return triggers.isEmpty ? nil : triggers
  }

  private static func trigger(_ value: Value, configured: Set<String>?) -> WebhookTrigger? {
    guard case .mapping = value.node.content else {
      value.mismatch(expected, suggestion: example)
      return nil
    }
    var draft = Draft(configured: configured)
    guard let fields = record.read(value, into: &draft) else { return nil }
    if !fields.contains("source") {
      value.report("\(value.subject) has no `source`: whose events it means", suggestion: example)
    }
    return draft.source.map { WebhookTrigger(source: $0, events: draft.events, conditions: draft.conditions) }
  }

  private static func source(_ value: Value, configured: Set<String>?) -> String? {
    guard let name = value.string("the name of a source") else { return nil }
    guard !name.isEmpty else {
      value.report("\(value.subject) is empty: whose events it means", suggestion: "write the name of a source")
      return nil
    }
    guard let configured else { return name }
    guard configured.contains(name) else {
      value.report(
        "source `\(name.shown())` is not configured",
        suggestion: Suggestion.didYouMean(name, configured.sorted())
          ?? (configured.isEmpty
            ? "the agent's configuration has no `sources`"
            : "the agent's configuration has \(configured.sorted().prefix(20).joined(separator: ", "))"))
      return nil
    }
    return name
  }
}

/// Reads `where`.
extension EventReading {
  private static func conditions(_ value: Value) -> [WebhookTrigger.Condition] {
    let entries = value.named(atMost: 20, expected: "a mapping of field paths to values, such as {type: invoice.paid}")
    guard let entries else { return [] }
    if entries.isEmpty { value.report("\(value.subject) is empty", suggestion: "leave the key out") }
    return entries.compactMap { entry in
      let path = path(entry)
      let values = values(entry)
      guard let path, let values else { return nil }
      return WebhookTrigger.Condition(path: path, values: values)
    }
  }

  private static func path(_ entry: NamedValue) -> [String]? {
    let keys = entry.name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let name = "`\(entry.name.shown(limit: 60))`"
    if keys.contains("") {
      entry.report(
        "\(name) cannot be the path of a field: between its dots a key is missing",
        suggestion: "write the keys from the top of the event, as in data.object.currency")
    } else if entry.name.utf8.count > longestPath || keys.count > deepestPath {
      entry.report("\(name) is longer than \(longestPath) bytes or has more than \(deepestPath) keys")
    } else if entry.name.hasPrefix("$") || entry.name.contains("[") {
      entry.report(
        "\(name) cannot be the path of a field", suggestion: "write keys and numbers with dots, as in items.0.name")
    } else {
      return keys
    }
    return nil
  }

  private static func values(_ entry: NamedValue) -> [WebhookTrigger.Value]? {
    let value = entry.value
    if case .mapping = value.node.content {
      let example = wholePath(entry.name, value.node).map { "write the path as one key: `\($0): …`" }
      value.report("\(value.subject) must be a value or a list of values, not a mapping", suggestion: example)
      return nil
    }
    guard let items = value.oneOrMany(atMost: 100) else { return nil }
    guard !items.isEmpty else {
      value.report("\(value.subject) is an empty list, which matches nothing", suggestion: "leave the key out")
      return nil
    }
    let values = items.compactMap(scalar)
    guard values.count == items.count, !reportExclusions(items, values) else { return nil }
    return values
  }

  /// A `!` excludes wherever else patterns stand, so beside patterns or before one it is hardly meant as a character.
  /// - Returns: whether there was any.
  private static func reportExclusions(_ items: [Value], _ values: [WebhookTrigger.Value]) -> Bool {
    let texts = values.map { value in if case .text(let text) = value { text } else { "" } }
    guard texts.contains(where: FieldPattern.isGlob) else { return false }
    var isFound = false
    for (item, text) in zip(items, texts) where GlobList.excludes(text) {
      isFound = true
      item.report(
        "\(item.subject) begins with `!`, which excludes nothing here: each value is one that the field may have",
        suggestion: "list what the field may be; a pattern for a text that begins with it begins with `\\!`")
    }
    return isFound
  }

  /// `data.object.currency`, where these are keys within keys.
  private static func wholePath(_ name: String, _ node: Document.Node) -> String? {
    var keys = [name]
    var node = node
    while case .mapping(let inner) = node.content {
      guard let first = inner.first, keys.count < deepestPath else { return nil }
      keys.append(first.key)
      node = first.value
    }
    return keys.joined(separator: ".").shown(limit: 100)
  }

  /// What is written without quotes is what it looks like to JSON: null, true, false, a number; all else is text.
  private static func scalar(_ value: Value) -> WebhookTrigger.Value? {
    if value.isNull {
      if case .scalar("", _) = value.node.content {
        value.report(
          "\(value.subject) is empty", suggestion: "write null for a field that is null or not there, \"\" for no text")
        return nil
      }
      return .absent
    }
    guard let text = value.string("a text, a number, true, false or null") else { return nil }
    if case .scalar(_, quoted: false) = value.node.content {
      if text == "true" || text == "false" { return .bool(text == "true") }
      if let number = number(text) {
        guard number.magnitude <= largestNumber else {
          value.report("\(value.subject) is too large a number to be compared exactly")
          return nil
        }
        return .number(number)
      }
    }
    guard text.utf8.count <= longestText else {
      value.report("\(value.subject) is longer than \(longestText) bytes")
      return nil
    }
    guard FieldPattern.isGlob(text) else { return .text(text) }
    do {
      _ = try Glob(text)
      return .text(text)
    } catch {
      value.report("the pattern `\(text.shown(limit: 60))` cannot be read: \(error.description)")
      return nil
    }
  }

  /// A number as JSON writes it (RFC 8259, section 6); `1.`, `.5`, `+1`, `0x1f` and `007` are texts.
  private static func number(_ text: String) -> Double? {
    guard text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+\-]?[0-9]+)?/) != nil else { return nil }
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }
}
