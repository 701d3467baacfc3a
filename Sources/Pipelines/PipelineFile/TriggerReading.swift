import Model

/// Reads `on`.
enum TriggerReading {
  private static let example = "write `on: {push: {branches: [main]}}`"

  /// - Parameter sources: names of the sources that exist; `nil` where that is not known.
  static func triggers(_ pipeline: Fields, sources: Set<String>?) -> Triggers? {
    guard let value = pipeline["on"] else {
      pipeline.value.report("`on` is missing: nothing would start this pipeline", suggestion: example)
      return nil
    }
    var triggers = Triggers(push: nil, manual: false)
    switch value.node.content {
    case .mapping: guard read(mapping: value, sources, into: &triggers) else { return nil }
    case .scalar, .list:
      // `on: push` and `on: [push, manual]`
      guard !value.isNull, let words = value.oneOrMany(atMost: 10) else {
        value.mismatch("a mapping with `push`, `webhook` or `manual`", suggestion: example)
        return nil
      }
      for word in words where !read(word: word, into: &triggers) { return nil }
    }
    if triggers.push == nil, triggers.webhooks == nil, !triggers.manual {
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
    case "poll":
      word.report("trigger `poll` needs an interval", suggestion: pollExample)
    case "webhook":
      word.report("trigger `webhook` needs the name of a source", suggestion: EventReading.example)
    case _ where PipelineKeys.laterTriggers.contains(text):
      word.report("trigger `\(text)` is not supported by this version of Pushrod", suggestion: "remove it")
    default:
      word.report(
        "unknown trigger `\(text.shown())`",
        suggestion: Suggestion.didYouMean(text, PipelineKeys.triggers)
          ?? "known are \(PipelineKeys.triggers.joined(separator: ", "))")
    }
    return false
  }

  private static func read(mapping value: Value, _ sources: Set<String>?, into triggers: inout Triggers) -> Bool {
    guard let fields = value.fields(PipelineKeys.triggers, later: PipelineKeys.laterTriggers) else { return false }
    if let push = fields["push"] { triggers.push = pushTrigger(push) }
    if let poll = fields["poll"] {
      triggers.poll = interval(poll)
      // What moved is a push, however the agent learns of it: alone, `poll` is short for `push:` with it.
      if triggers.push == nil { triggers.push = PushTrigger(branches: nil, tags: nil, skip: nil) }
    }
    // Empty only where a mistake was reported; that nothing starts the pipeline would be a second one.
    if let events = fields["webhook"] { triggers.webhooks = EventReading.triggers(events, configured: sources) ?? [] }
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

  private static let pollExample = "write `on: {push: {branches: [main]}, poll: 60s}`"

  private static func interval(_ value: Value) -> Seconds? {
    guard let interval = value.duration(atMost: 86_400) else { return nil }
    guard interval >= 10 else {
      value.report(
        "`on.poll` must be at least 10 s, not \(interval)",
        suggestion: "each time is a question to the server; for less delay, let it post a webhook")
      return nil
    }
    return interval
  }

  private static func pushTrigger(_ value: Value) -> PushTrigger {
    var trigger = PushTrigger(branches: nil, tags: nil, skip: nil)
    // `push:` alone: every branch.
    guard !value.isNull else { return trigger }
    guard
      let fields = value.fields(
        PipelineKeys.push, later: PipelineKeys.laterPush, expected: "a mapping with `branches`, `tags` or `skip`")
    else { return trigger }
    trigger.branches = fields["branches"].map { PatternReading.patterns($0, such: "main or \"release/**\"") }
    trigger.tags = fields["tags"].map { PatternReading.patterns($0, such: "\"v*\"") }
    if let skip = fields["skip"], let text = skip.string("a text such as \"[skip deploy]\"") {
      if text.isEmpty || text.utf8.count > 200 {
        skip.report("`on.push.skip` must be a text of 1 to 200 bytes")
      } else {
        trigger.skip = text
      }
    }
    return trigger
  }
}
