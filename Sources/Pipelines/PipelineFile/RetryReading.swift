import Model

/// Reads `retry`: how often, or a mapping.
enum RetryReading {
  struct Draft {
    var times: Int?
    var wait: Seconds?
    var backoff: Double?
  }

  private static let mostTimes = 10
  private static let largestBackoff = 10.0

  static let record = Record<Draft>(
    title: "retry", path: "steps.retry", expected: "a number, or a mapping with `times`",
    keys: [
      Key(
        "times", .integer(1...mostTimes), "how often after the first try", preset: "must be given", example: "times: 2"
      ) { $1.times = $0.integer(in: 1...mostTimes) },
      Key("wait", .duration, "before the second try", preset: "none", example: "times: 2\nwait: 5s") {
        $1.wait = $0.duration(atMost: Seconds(Retry.longestPause))
      },
      Key(
        "backoff", Kind("number, 1 to 10", ["type": "number", "minimum": 1, "maximum": 10]),
        "each later wait is the one before times this, up to an hour", preset: "1",
        example: "times: 4\nwait: 5s\nbackoff: 2"
      ) { $1.backoff = backoff($0) },
    ],
    required: [["times"]],
    frame:
      "repo: https://github.com/acme/shop.git\non: push\nsteps:\n  - make\n  - run: make\n    retry:\n      @")

  static func retry(_ value: Value) -> Retry? {
    guard case .mapping = value.node.content else {
      return value.integer(in: 1...mostTimes).map { Retry(times: $0) }
    }
    var draft = Draft()
    guard let fields = record.read(value, into: &draft) else { return nil }
    if fields.lacks("times") {
      value.report("\(value.subject) has no `times`", suggestion: "write how often: `retry: {times: 2}`")
    }
    if let key = fields["backoff"], !fields.contains("wait") {
      key.report("\(key.subject) multiplies `wait`, which is not there", suggestion: "add `wait: 5s`")
    }
    return draft.times.map { Retry(times: $0, wait: draft.wait ?? 0, backoff: draft.backoff) }
  }

  private static func backoff(_ value: Value) -> Double? {
    guard case .scalar(let text, quoted: false) = value.node.content, text.utf8.count <= 12, let number = Double(text),
      (1...largestBackoff).contains(number)
    else {
      value.mismatch("a number from 1 to 10")
      return nil
    }
    return number
  }
}
