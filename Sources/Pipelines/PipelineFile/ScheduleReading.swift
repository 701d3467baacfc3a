import Model

/// Reads `on.schedule` and `timezone`.
enum ScheduleReading {
  static let example = "write `on: {schedule: \"15 3 * * 1-5\"}`"

  private static let most = 20

  static let kind = Kind.oneOrMany(.text.called("five fields, as cron has them"), of: "them", atMost: most)

  /// Empty where there was a mistake.
  static func schedules(_ value: Value) -> [Schedule] {
    guard let items = value.oneOrMany(atMost: most) else { return [] }
    if items.isEmpty { value.report("\(value.subject) is an empty list, so no time would come", suggestion: example) }
    var schedules: [Schedule] = []
    for item in items {
      guard let text = item.string("five fields such as \"15 3 * * 1-5\"") else { continue }
      do {
        let cron = try CronExpression(text)
        if schedules.contains(where: { (try? CronExpression($0.cron)) == cron }) {
          item.report("this time is there twice", suggestion: "remove one of them")
        } else {
          schedules.append(Schedule(cron: text))
        }
      } catch {
        item.report(within: text, at: error.offset, length: error.length, error.message, suggestion: error.suggestion)
      }
    }
    return schedules
  }

  static func zone(_ value: Value, _ zones: Zones?) -> String? {
    guard let name = value.string("a time zone such as Europe/Berlin") else { return nil }
    guard ZoneFile.isName(name) else {
      value.report(
        "`\(name.shown(limit: 60))` cannot be the name of a time zone",
        suggestion: "write one of the IANA database, such as Europe/Berlin or UTC")
      return nil
    }
    guard let zones else { return name }
    switch zones.find(name) {
    case .success: return name
    case .failure(let failure):
      value.report("time zone `\(name)` \(failure.words)", suggestion: failure.suggestion)
      return nil
    }
  }

  /// What can only be said once the whole file is known.
  static func check(_ draft: PipelineDraft, _ fields: Fields) {
    guard let triggers = draft.triggers, triggers.schedules == nil, fields.contains("timezone") else { return }
    fields.report(
      key: "timezone", "`timezone` is for `on.schedule`, which this pipeline does not have", suggestion: "remove it")
  }
}

extension Value {
  /// Reports a mistake at a part of a text on one line; at the whole of it, where the file writes it in another way.
  func report(within text: String, at offset: Int, length: Int, _ message: String, suggestion: String?) {
    let written = findings.document.source.text(from: node.position).unicodeScalars
    let quote = written.first == "\"" || written.first == "'" ? 1 : 0
    let found = written.dropFirst(quote).prefix(text.unicodeScalars.count)
    guard found.elementsEqual(text.unicodeScalars) else { return report(message, suggestion: suggestion) }
    let place = Document.Position(line: node.position.line, column: node.position.column + quote + offset)
    findings.report(at: place, length: length, message, suggestion: suggestion)
  }
}
