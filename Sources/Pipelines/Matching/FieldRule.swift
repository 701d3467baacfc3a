import Model

/// One line of `where`, and what it says to an event.
struct FieldRule {
  private let condition: WebhookTrigger.Condition

  init(_ condition: WebhookTrigger.Condition) { self.condition = condition }

  /// - Parameter found: what the event has at the path.
  func answer(to found: [JSONValue]) -> EventMatching.Answer {
    let path = condition.path.joined(separator: ".").shown(limit: 256)
    guard !found.isEmpty else { return (condition.values.contains(.absent), "\(path) is missing") }
    let patterns = condition.values.map(FieldPattern.init)
    if let match = found.first(where: { field in patterns.contains { $0.matches(field) } }) {
      return (true, "\(path) is \(match.shown)")
    }
    let has = found.count == 1 ? "is \(found[0].shown)" : "has \(PushMatching.listed(found.lazy.map(\.shown)))"
    return (false, "\(path) \(has), not one of \(PushMatching.listed(condition.values.map(\.shown)))")
  }
}

extension JSONValue {
  /// In words, bounded: it comes from outside.
  fileprivate var shown: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): value.isFinite ? value.shown : "a number beyond all that can be compared"
    case .string(let text): "\"\(text.shown(limit: 60))\""
    case .array: "an empty list"
    case .object: "an object"
    }
  }
}

extension WebhookTrigger.Value {
  /// As in the file; a text has quotes only where it would be something else without them.
  fileprivate var shown: String {
    switch self {
    case .text(let text):
      text.isEmpty || Double(text) != nil || ["true", "false", "null"].contains(text)
        ? "\"\(text.shown(limit: 60))\"" : text.shown(limit: 60)
    case .number(let value): value.shown
    case .bool(let value): "\(value)"
    case .absent: "null"
    }
  }
}

extension Double {
  /// `42`, not `42.0`.
  fileprivate var shown: String {
    let text = description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
