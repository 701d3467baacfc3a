package import Model

/// Reads `keep`: how long runs are kept. The same in pipelines and in the agent's configuration.
package enum KeepReading {
  static let record = Record<RunKeep>(
    title: "keep", path: "keep", expected: "a mapping with `runs`, `days` and `size`",
    keys: [
      // One at least: the latest is never removed.
      Key("runs", .integer(1...10_000_000), "how many of its runs", preset: "the configuration's", example: "runs: 50")
      {
        $1.runs = $0.integer(in: 1...10_000_000)
      },
      Key("days", .integer(1...3650), "for how many days", preset: "the configuration's", example: "days: 90") {
        $1.days = $0.integer(in: 1...3650)
      },
      Key(
        "size", .size, "how much of the disk they may fill together", preset: "the configuration's", example: "size: 5G"
      ) { $1.size = $0.byteCount(in: 0...(1 << 50)) },
    ],
    frame: "repo: https://github.com/acme/shop.git\non: push\nsteps: [make]\nkeep:\n  @")

  package static func keep(_ value: Value) -> RunKeep? {
    var keep = RunKeep(runs: nil, days: nil, size: nil)
    return record.read(value, into: &keep).map { _ in keep }
  }
}
