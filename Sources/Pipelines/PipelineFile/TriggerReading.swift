import Model

/// Reads `on`.
enum TriggerReading {
  private static let example = "write `on: {push: {branches: [main]}}`"

  static func triggers(_ pipeline: Fields) -> Triggers? {
    guard let value = pipeline["on"] else {
      pipeline.value.report("`on` is missing: nothing would start this pipeline", suggestion: example)
      return nil
    }
    var triggers = Triggers(push: nil, manual: false)
    switch value.node.content {
    case .mapping: guard read(mapping: value, into: &triggers) else { return nil }
    case .scalar, .list:
      // `on: push` and `on: [push, manual]`
      guard !value.isNull, let words = value.oneOrMany(atMost: 10) else {
        value.mismatch("a mapping with `push` or `manual`", suggestion: example)
        return nil
      }
      for word in words where !read(word: word, into: &triggers) { return nil }
    }
    if triggers.push == nil, !triggers.manual {
      pipeline.report(key: "on", "nothing would start this pipeline", suggestion: example + " or `on: {manual: true}`")
    }
    return triggers
  }

  private static func read(word: Value, into triggers: inout Triggers) -> Bool {
    guard let text = word.string("`push` or `manual`") else { return false }
    switch text {
    case "push":
      triggers.push = PushTrigger(branches: nil, tags: nil, skip: nil)
      return true
    case "manual":
      triggers.manual = true
      return true
    case _ where PipelineKeys.laterTriggers.contains(text):
      word.report("trigger `\(text)` is not supported by this version of Pushrod", suggestion: "remove it")
    default:
      word.report(
        "unknown trigger `\(text.shown())`",
        suggestion: Suggestion.didYouMean(text, PipelineKeys.triggers) ?? "known are push and manual")
    }
    return false
  }

  private static func read(mapping value: Value, into triggers: inout Triggers) -> Bool {
    guard let fields = value.fields(PipelineKeys.triggers, later: PipelineKeys.laterTriggers) else { return false }
    if let push = fields["push"] { triggers.push = pushTrigger(push) }
    if let manual = fields["manual"] {
      triggers.manual = true
      if case .mapping = manual.node.content {
        manual.report("`on.manual` with inputs is not supported by this version of Pushrod", suggestion: "write true")
      } else if let isManual = manual.bool() {
        triggers.manual = isManual
      }
    }
    return true
  }

  private static func pushTrigger(_ value: Value) -> PushTrigger {
    var trigger = PushTrigger(branches: nil, tags: nil, skip: nil)
    // `push:` alone: every branch.
    guard !value.isNull else { return trigger }
    guard
      let fields = value.fields(
        PipelineKeys.push, later: PipelineKeys.laterPush, expected: "a mapping with `branches`, `tags` or `skip`")
    else { return trigger }
    trigger.branches = fields["branches"].map(patterns)
    trigger.tags = fields["tags"].map(patterns)
    if let skip = fields["skip"], let text = skip.string("a text such as \"[skip deploy]\"") {
      if text.isEmpty || text.utf8.count > 200 {
        skip.report("`on.push.skip` must be a text of 1 to 200 bytes")
      } else {
        trigger.skip = text
      }
    }
    return trigger
  }

  private static func patterns(_ value: Value) -> [String] {
    guard let items = value.oneOrMany(atMost: 100) else { return [] }
    guard !items.isEmpty else {
      value.report("\(value.subject) is an empty list, which matches nothing", suggestion: "leave the key out")
      return []
    }
    var patterns: [String] = []
    for item in items {
      guard let text = item.string("a pattern such as main or \"release/**\"") else { continue }
      do {
        _ = try GlobList([text])
        patterns.append(text)
      } catch {
        item.report("the pattern `\(text.shown(limit: 60))` cannot be read: \(error.description)")
      }
    }
    if patterns.count == items.count, patterns.allSatisfy(GlobList.excludes) {
      value.report(
        "\(value.subject) only excludes, so nothing would match", suggestion: "put \"**\" before the exclusions")
    }
    return patterns
  }
}
