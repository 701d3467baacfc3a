import Model

/// Reads `on`.
enum TriggerReading {
  static let example = "write `on: {push: {branches: [main]}}`"

  static func read(_ value: Value, into pipeline: inout PipelineDraft) {
    var draft = TriggerDefinition.Draft(surroundings: pipeline.surroundings)
    switch value.node.content {
    case .mapping: guard TriggerDefinition.on.read(value, into: &draft) != nil else { return }
    case .scalar, .list:
      // `on: push` and `on: [push, manual]`
      guard !value.isNull, let words = value.oneOrMany(atMost: 10) else {
        value.mismatch(TriggerDefinition.on.expected, suggestion: example)
        return
      }
      for word in words where !read(word: word, into: &draft.triggers) { return }
    }
    pipeline.triggers = draft.triggers
    pipeline.inputs = draft.inputs
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
      word.report("trigger `poll` needs an interval", suggestion: "write `on: {push: {branches: [main]}, poll: 60s}`")
    case "schedule":
      word.report("trigger `schedule` needs times", suggestion: ScheduleReading.example)
    case _ where TriggerDefinition.on.later.contains(text):
      word.report("trigger `\(text)` is not supported by this version of Pushrod", suggestion: "remove it")
    case "webhook":
      word.report("trigger `webhook` needs the name of a source", suggestion: EventReading.example)
    default:
      let known = TriggerDefinition.on.names
      word.report(
        "unknown trigger `\(text.shown())`",
        suggestion: Suggestion.didYouMean(text, known) ?? "known are \(known.joined(separator: ", "))")
    }
    return false
  }

  static func interval(_ value: Value) -> Seconds? {
    guard let interval = value.duration(atMost: 86_400) else { return nil }
    guard interval >= 10 else {
      value.report(
        "`on.poll` must be at least 10 s, not \(interval)",
        suggestion: "each time is a question to the server; for less delay, let it post a webhook")
      return nil
    }
    return interval
  }

  static func pushTrigger(_ value: Value) -> PushTrigger {
    var trigger = PushTrigger(branches: nil, tags: nil, skip: nil)
    // `push:` alone: every branch.
    if !value.isNull { _ = TriggerDefinition.push.read(value, into: &trigger) }
    return trigger
  }

  static func skip(_ value: Value) -> String? {
    guard let text = value.string("a text such as \"[skip deploy]\"") else { return nil }
    guard (1...200).contains(text.utf8.count) else {
      value.report("`on.push.skip` must be a text of 1 to 200 bytes")
      return nil
    }
    return text
  }

  /// What can only be said once the whole file is known.
  static func check(_ draft: PipelineDraft, _ fields: Fields) {
    guard let triggers = draft.triggers else { return }
    if triggers.push == nil, triggers.webhooks == nil, triggers.schedules == nil, !triggers.manual {
      fields.report(
        key: "on", "nothing would start this pipeline",
        suggestion: example + " or `on: {manual: true}`")
    }
    InputReading.check(draft)
    ScheduleReading.check(draft, fields)
  }
}
