import Model

/// Reads `limits`: what a step may use. The same of a pipeline and of a step.
enum LimitsReading {
  static let record = Record<StepLimits>(
    title: "limits", path: "limits", expected: "a mapping such as {log: 200M}",
    keys: [
      Key(
        "log", .size, "bytes of its log", preset: "as much as it writes", example: "log: 200M"
      ) { $1.log = $0.byteCount(in: 1024...(1 << 50)) },
      Key(
        "log_end", .oneOf(StepLimits.LogEnd.allCases.map(\.rawValue)),
        "when it writes more: the log ends there and the step goes on (`cut`), or the step has failed and is ended (`fail`)",
        preset: "`cut`", example: "log: 200M\nlog_end: fail"
      ) { $1.logEnd = $0.word(StepLimits.LogEnd.self) },
    ],
    later: ["memory", "cpu", "processes", "io"],
    frame: "repo: https://github.com/acme/shop.git\non: push\nsteps: [make]\nlimits:\n  @")

  static func limits(_ value: Value) -> StepLimits? {
    var limits = StepLimits()
    return record.read(value, into: &limits).map { _ in limits }
  }
}
