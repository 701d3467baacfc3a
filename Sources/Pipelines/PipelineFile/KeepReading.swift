package import Model

/// Reads `keep`: how long runs are kept. The same in pipelines and in the agent's configuration.
package enum KeepReading {
  static let keys = ["runs", "days", "size"]

  package static func keep(_ value: Value) -> RunKeep? {
    guard let fields = value.fields(keys, expected: "a mapping with `runs`, `days` and `size`") else { return nil }
    return RunKeep(
      // One at least: the latest is never removed.
      runs: fields["runs"]?.integer(in: 1...10_000_000), days: fields["days"]?.integer(in: 1...3650),
      size: fields["size"]?.byteCount(in: 0...(1 << 50)))
  }
}
