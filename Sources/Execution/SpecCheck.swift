import Model

/// Whether a `spec.json` can be carried out at all.
enum SpecCheck {
  /// - Throws: `RunnerFailure` that names the file and what is wrong with it.
  static func checked(_ spec: RunSpec, path: String) throws(RunnerFailure) -> RunSpec {
    guard spec.version == RunSpec.currentVersion else {
      throw RunnerFailure(
        "\(path) has version \(spec.version), this runner knows \(RunSpec.currentVersion); install agent and runner of one version"
      )
    }
    for place in [spec.mirror, spec.workspace] + [spec.eventFile, spec.caches?.folder].compactMap({ $0 }) {
      guard place.hasPrefix("/"), !place.utf8.contains(0),
        !place.unicodeScalars.split(separator: "/").contains(where: { $0.elementsEqual("..".unicodeScalars) })
      else {
        throw RunnerFailure("\(path) names a path that is not absolute and plain")
      }
    }
    let pipeline = spec.request.pipeline
    let all = pipeline.everyStep
    let times =
      [pipeline.timeout, pipeline.grace, spec.fetchTimeout]
      + (spec.fetchLimits.map { [$0.connect, $0.firstByte, $0.stall] } ?? [])
      + all.compactMap(\.timeout) + all.compactMap(\.retry?.wait) + all.compactMap(\.approval?.timeout)
    guard times.allSatisfy({ $0.value.isFinite && $0.value >= 0 && $0.value <= 31_536_000 }) else {
      throw RunnerFailure("\(path) has a time limit that is negative or longer than a year")
    }
    guard all.count <= 10_000 else {
      throw RunnerFailure("\(path) has more than 10,000 steps")
    }
    guard all.allSatisfy({ (0...1000).contains($0.retry?.times ?? 0) && ($0.retry?.backoff ?? 1).isFinite }) else {
      throw RunnerFailure("\(path) has a step that is to be tried again more than 1,000 times")
    }
    return spec
  }
}
