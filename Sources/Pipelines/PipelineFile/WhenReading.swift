import Model

/// Reads `when`: what must hold for a step to run.
enum WhenReading {
  private static let frame =
    "repo: https://github.com/acme/shop.git\non: push\nsteps:\n  - make\n  - run: make\n    when:\n      @"

  static let record = Record<StepCondition>(
    title: "when", path: "steps.when", expected: "a mapping such as {branch: main}",
    keys: [
      Key(
        "branch", .oneOrMany(.text.called("pattern"), of: "patterns"), "the run is of a branch that matches",
        preset: "any", example: "branch: main", company: .without(["tag"])
      ) { $1.branches = PatternReading.refPatterns($0, under: "refs/heads/", such: "main or \"release/**\"") },
      Key(
        "tag", .oneOrMany(.text.called("pattern"), of: "patterns"), "the run is of a tag that matches", preset: "any",
        example: "tag: \"v*\""
      ) { $1.tags = PatternReading.refPatterns($0, under: "refs/tags/", such: "\"v*\"") },
      Key(
        "event", .oneOrMany(.oneOf(events.map(\.rawValue)), of: "them", atMost: 10), "what started the run",
        preset: "any", example: "event: [push, manual]"
      ) { $1.events = words($0, RunRequest.Trigger.self, known: events) },
      Key(
        "path", .oneOrMany(.text.called("pattern"), of: "patterns"), "of the files that changed, one matches",
        preset: "any", example: "path: [\"api/**\", \"!**/*.md\"]"
      ) { $1.paths = PatternReading.pathPatterns($0) },
      Key(
        "status", .oneOrMany(.oneOf(StepCondition.Status.allCases.map(\.rawValue)), of: "them", atMost: 2),
        "how the run stands", preset: "`succeeded`; in `on_failure` and `finally` any", example: "status: failed"
      ) { $1.statuses = words($0, StepCondition.Status.self, known: StepCondition.Status.allCases) },
    ],
    mayBeEmpty: false, frame: frame)

  /// A push that was found by comparing tips is a push, and a repetition counts as what it repeats.
  private static let events: [RunRequest.Trigger] = [.push, .webhook, .schedule, .manual]

  static func condition(_ value: Value) -> StepCondition? {
    var condition = StepCondition()
    guard let fields = record.read(value, into: &condition) else { return nil }
    if !record.strangers(to: "branch", in: fields).isEmpty {
      fields.report(
        key: "tag",
        "\(value.subject) asks for a branch and for a tag, and a run is of one of them, so it would never hold",
        suggestion: "make two steps of it")
    }
    if value.isEmptyMapping {
      value.report("\(value.subject) is empty, so it asks for nothing", suggestion: "leave the key out")
    }
    return condition
  }

  private static func words<Word: RawRepresentable & Equatable>(
    _ value: Value, _ type: Word.Type, known: [Word]
  ) -> [Word]? where Word.RawValue == String {
    guard let items = value.oneOrMany(atMost: 10) else { return nil }
    let names = known.map(\.rawValue)
    guard !items.isEmpty else {
      value.report("\(value.subject) is an empty list, which nothing is in", suggestion: "leave the key out")
      return nil
    }
    return items.compactMap { item in
      guard let text = item.string(names.joined(separator: ", ")) else { return nil }
      guard let word = known.first(where: { $0.rawValue == text }) else {
        item.report(
          "\(item.subject) must be \(names.joined(separator: ", ")), not `\(text.shown(limit: 60))`",
          suggestion: Suggestion.didYouMean(text, names))
        return nil
      }
      return word
    }
  }
}
