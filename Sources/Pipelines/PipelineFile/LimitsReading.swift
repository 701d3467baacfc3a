import Model

/// Reads `limits`: what a step may use. The same of a pipeline and of a step.
enum LimitsReading {
  static let record = Record<StepLimits>(
    title: "limits", path: "limits", expected: "a mapping such as {memory: 2G, log: 200M}",
    keys: [
      Key(
        "memory", .size, "memory of all its processes together; a step that takes more is ended", preset: "no limit",
        example: "memory: 2G"
      ) { $1.memory = $0.byteCount(in: (1 << 20)...(1 << 50)) },
      Key(
        "cpu", .words("percentage", matching: "^[0-9]{1,6}%$"), "processor time, of which 100% is all of one processor",
        preset: "no limit", example: "cpu: 150%"
      ) { $1.cpu = cpu($0) },
      Key(
        "processes", .integer(1...4_194_304), "processes and threads at a time", preset: "no limit",
        example: "processes: 512"
      ) { $1.processes = $0.integer(in: 1...4_194_304) },
      Key(
        "io", .integer(1...10_000), "share of the disks' time beside others, of which 100 is the usual one",
        preset: "`100`", example: "io: 50"
      ) { $1.io = $0.integer(in: 1...10_000) },
      Key(
        "log", .size, "bytes of its log", preset: "as much as it writes", example: "log: 200M"
      ) { $1.log = $0.byteCount(in: 1024...(1 << 50)) },
      Key(
        "log_end", .oneOf(StepLimits.LogEnd.allCases.map(\.rawValue)),
        "when it writes more: the log ends there and the step goes on (`cut`), or the step has failed and is ended (`fail`)",
        preset: "`cut`", example: "log: 200M\nlog_end: fail"
      ) { $1.logEnd = $0.word(StepLimits.LogEnd.self) },
    ],
    frame: "repo: https://github.com/acme/shop.git\non: push\nsteps: [make]\nlimits:\n  @")

  private static func cpu(_ value: Value) -> Double? {
    let expected = "a percentage such as 150%"
    guard let text = value.string(expected) else { return nil }
    guard text.hasSuffix("%"), text.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }),
      let percent = Int(text.dropLast())
    else {
      value.mismatch(expected, suggestion: "100% is all of one processor")
      return nil
    }
    guard (1...100_000).contains(percent) else {
      value.report("\(value.subject) must be from 1% to 100000%, not \(text.shown(limit: 40))")
      return nil
    }
    return Double(percent) / 100
  }

  static func limits(_ value: Value) -> StepLimits? {
    var limits = StepLimits()
    return record.read(value, into: &limits).map { _ in limits }
  }
}
