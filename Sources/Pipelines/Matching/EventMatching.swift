import Model

/// What the `on.webhook` of pipelines says to one event. A value, so that the event's fields are read once for all.
struct EventMatching {
  typealias Answer = (starts: Bool, reason: String)

  private let event: SenderEvent
  private lazy var fields = Result { [event] in try event.fields() }

  init(_ event: SenderEvent) { self.event = event }

  static func listens(_ pipeline: Pipeline, to event: SenderEvent) -> Bool {
    pipeline.triggers.webhooks?.contains { $0.source == event.source } == true
  }

  /// `nil` where the pipeline is not started by events.
  mutating func answer(of pipeline: Pipeline) -> Answer? {
    guard let triggers = pipeline.triggers.webhooks else { return nil }
    let own = triggers.filter { $0.source == event.source }
    guard !own.isEmpty else { return (false, EventMatching.otherSources(triggers)) }
    var reasons: [String] = []
    for trigger in own {
      let answer = answer(of: trigger)
      if answer.starts { return answer }
      if !reasons.contains(answer.reason) { reasons.append(answer.reason) }
    }
    let more = reasons.count > 5 ? "; and \(reasons.count - 5) more" : ""
    return (false, reasons.prefix(5).joined(separator: "; ") + more)
  }

  private static func otherSources(_ triggers: [WebhookTrigger]) -> String {
    var names: [String] = []
    for trigger in triggers where !names.contains(trigger.source) { names.append(trigger.source) }
    let quoted = names.map { "\"\($0.shown())\"" }.joined(separator: ", ")
    return "the pipeline listens to source\(names.count == 1 ? "" : "s") \(quoted)"
  }

  private mutating func answer(of trigger: WebhookTrigger) -> Answer {
    var reasons: [String] = []
    if let patterns = trigger.events {
      let answer = eventRule(patterns)
      guard answer.starts else { return answer }
      reasons.append(answer.reason)
    }
    for condition in trigger.conditions {
      let answer = fieldRule(condition)
      guard answer.starts else { return answer }
      reasons.append(answer.reason)
    }
    guard !reasons.isEmpty else { return (true, "every event of source \"\(trigger.source.shown())\" matches") }
    let more = reasons.count > 5 ? ", and \(reasons.count - 5) more" : ""
    return (true, reasons.prefix(5).joined(separator: ", ") + more)
  }

  private func eventRule(_ patterns: [String]) -> Answer {
    guard let name = event.name else { return (false, "the delivery does not name its event") }
    return PushMatching.nameRule("event \"\(name.shown(limit: 200))\"", name: name, patterns: patterns)
  }

  private mutating func fieldRule(_ condition: WebhookTrigger.Condition) -> Answer {
    let value: JSONValue
    switch fields {
    case .success(let fields): value = fields
    case .failure(let error): return (false, "the event's fields cannot be read: \("\(error)".shown(limit: 300))")
    }
    let found = FieldPath.values(at: condition.path, in: value)
    let answer = FieldRule(condition).answer(to: found)
    guard event.isForm, found.isEmpty, !answer.starts else { return answer }
    // Where JSON was sent as a form, as curl does of itself, that is why.
    return (false, answer.reason + " (the body was read as a form, as its Content-Type says)")
  }
}
