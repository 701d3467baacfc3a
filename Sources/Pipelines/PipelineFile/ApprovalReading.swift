import Model

/// Reads `approval`: a question, or a mapping.
enum ApprovalReading {
  struct Draft {
    var ask: String?
    var timeout: Seconds?
  }

  /// In bytes.
  private static let longestQuestion = 500
  private static let longestTimeout: Seconds = 2_592_000  // 30 days

  static let record = Record<Draft>(
    title: "approval", path: "steps.approval", expected: "a question, or a mapping with `ask`",
    keys: [
      Key(
        "ask", .text.called("question"), "what a person is asked", preset: "must be given",
        example: "ask: Deploy to production?"
      ) { $1.ask = question($0) },
      Key(
        "timeout", .duration, "without an answer for so long, the run has failed", preset: "1d",
        example: "ask: Deploy to production?\ntimeout: 2h"
      ) { $1.timeout = $0.duration(atMost: longestTimeout) },
    ],
    required: [["ask"]],
    frame: "repo: https://github.com/acme/shop.git\non: push\nsteps:\n  - make\n  - name: go\n    approval:\n      @")

  static func approval(_ value: Value) -> Approval? {
    guard case .mapping = value.node.content else { return question(value).map { Approval(ask: $0) } }
    var draft = Draft()
    guard let fields = record.read(value, into: &draft) else { return nil }
    if fields.lacks("ask") {
      value.report("\(value.subject) has no `ask`", suggestion: "add the question: `ask: Deploy to production?`")
    }
    return draft.ask.map { Approval(ask: $0, timeout: draft.timeout) }
  }

  private static func question(_ value: Value) -> String? {
    guard let text = value.string("a question such as \"Deploy to production?\"") else { return nil }
    let isPlain = text.unicodeScalars.allSatisfy { $0.shown.unicodeScalars.count == 1 }
    guard (1...longestQuestion).contains(text.utf8.count), isPlain else {
      value.report("\(value.subject) must be one line of 1 to \(longestQuestion) bytes that can be printed")
      return nil
    }
    return text
  }

  /// What makes no sense where nothing is run.
  static func check(_ fields: Fields) {
    for name in StepDefinition.step.strangers(to: "approval", in: fields) {
      fields.report(
        key: name, "`\(name)` does not go with `approval`: such a step runs nothing",
        suggestion: "make two steps of it, of which the second needs the first")
    }
  }
}
