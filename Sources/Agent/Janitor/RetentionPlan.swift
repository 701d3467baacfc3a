import FoundationEssentials
import Model

/// Which of the ended runs need not be kept any longer.
struct RetentionPlan {
  /// Every run that there is, oldest first.
  let runs: [StoredRun]
  /// What something else still refers to: `latest` links today.
  let needed: Set<Int>
  /// Of a pipeline.
  let retention: (String) -> RunRetention
  /// Bytes of all run directories together.
  let totalSize: Int
  /// Bytes of one.
  let size: (Int) -> Int

  /// Oldest first.
  func doomed(at date: Date) -> [Int] {
    var doomed: Set<Int> = []
    for (pipeline, runs) in Dictionary(grouping: runs, by: \.pipeline) {
      doomed.formUnion(self.doomed(runs, retention(pipeline), date))
    }
    let kept = runs.filter { !doomed.contains($0.number) }
    let keepers = Set(Dictionary(grouping: runs, by: \.pipeline).values.flatMap(keepers))
    doomed.formUnion(excess(of: kept, over: totalSize, keepers))
    return doomed.sorted()
  }

  /// Of one pipeline.
  private func doomed(_ runs: [StoredRun], _ retention: RunRetention, _ date: Date) -> Set<Int> {
    let keepers = keepers(runs)
    let horizon = date.addingTimeInterval(-Double(retention.days) * 86_400)
    let ended = runs.filter(\.state.isFinal)
    var doomed: Set<Int> = []
    for (place, run) in ended.enumerated() where !keepers.contains(run.number) {
      let newer = ended.count - 1 - place
      if newer >= retention.runs || (run.finishedAt ?? .distantFuture) < horizon { doomed.insert(run.number) }
    }
    return doomed.union(excess(of: runs.filter { !doomed.contains($0.number) }, over: retention.size, keepers))
  }

  /// The oldest runs that have to go so that the rest takes at most `limit` bytes.
  private func excess(of runs: [StoredRun], over limit: Int, _ keepers: Set<Int>) -> Set<Int> {
    var total = runs.reduce(0) { $0 + size($1.number) }
    var doomed: Set<Int> = []
    for run in runs where total > limit && !keepers.contains(run.number) {
      doomed.insert(run.number)
      total -= size(run.number)
    }
    return doomed
  }

  /// The runs of one pipeline that stay whatever the bounds say.
  private func keepers(_ runs: [StoredRun]) -> Set<Int> {
    var keepers = needed.union(runs.filter { !$0.state.isFinal }.map(\.number))
    if let latest = runs.last { keepers.insert(latest.number) }
    if let success = runs.last(where: { $0.state == .succeeded }) { keepers.insert(success.number) }
    return keepers
  }
}
