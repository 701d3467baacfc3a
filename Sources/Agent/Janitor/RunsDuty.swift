public import FoundationEssentials
public import Logging
import Metrics
public import Model
public import RunDirectory
import Synchronization

/// Removes the runs that need not be kept any longer: row and directory, whole runs at a time, oldest first.
///
/// The row goes first, and from then on nobody finds the run; the store remembers its number until the directory has
/// another name. So what a crash leaves is found by the next turn.
public struct RunsDuty: JanitorDuty {
  public let name = "runs"
  private let store: any RunPruning
  private let area: RunArea
  private let rules: RulesInForce
  private let holds: RunHolds
  private let logger: Logger
  private let now: @Sendable () -> Date
  private let work = BlockingWork("retention")
  private let sizes = KnownSizes()
  private let complaints = Complaints()

  /// Rows in one transaction: so many, that a delivery which comes meanwhile hardly waits.
  private static let batch = 32
  private static let page = 1000

  /// Why runs stay that could go, in a sentence for the log.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// - Parameters:
  ///   - rules: say how long runs are kept, so a reload changes it.
  ///   - holds: who reads a run.
  public init(
    store: any RunPruning, area: RunArea, rules: RulesInForce, holds: RunHolds, logger: Logger,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.store = store
    self.area = area
    self.rules = rules
    self.holds = holds
    self.logger = logger
    self.now = now
  }

  public func perform() async throws {
    // The directories are listed before the rows are read: each had its row when it was made.
    guard let contents = await work.run({ area.contents() }) else { return try await withoutDirectories() }
    await removeSetAside(contents.setAside)
    try await removeDirectories(of: try await store.leavingRuns())
    let runs = try await allRuns()
    tell(unknown: contents.runs.subtracting(runs.map(\.number)))
    let rules = rules.current
    let doomed = await work.run { [now] in
      sizes.measure(runs.filter(\.state.isFinal).map(\.number).filter(contents.runs.contains), in: area)
      return RetentionPlan(
        runs: runs, needed: area.latestRuns(), retention: { rules.runRetention(of: $0) },
        totalSize: rules.runs.size, size: { sizes[$0] }
      ).doomed(at: now())
    }
    guard !doomed.isEmpty else { return }
    guard await work.run({ area.canRemoveRuns }) else {
      throw Failure(
        description: "\(doomed.count) runs could go, but \(area.runs) is not writable for the agent; nothing was "
          + "removed.")
    }
    try await remove(doomed)
  }

  private func allRuns() async throws -> [StoredRun] {
    var runs: [StoredRun] = []
    while true {
      try Task.checkCancellation()
      let page = try await store.storedRuns(after: runs.last?.number ?? 0, limit: RunsDuty.page)
      runs += page
      if page.count < RunsDuty.page { return runs }
    }
  }

  /// A folder that is missing may be a disk that is not mounted: the rows stay.
  private func withoutDirectories() async throws {
    guard try await !store.storedRuns(after: 0, limit: 1).isEmpty else { return }
    throw Failure(
      description: "\(area.runs) is not there, or is a link and not a folder; no run is removed until it is.")
  }

  /// Directories of which the store knows nothing are not ours to remove: another agent's, or of a store that was
  /// replaced by an older copy.
  private func tell(unknown runs: Set<Int>) {
    guard let first = runs.min(), let last = runs.max(), !complaints.new(["unknown"]).isEmpty else { return }
    logger.notice(
      "there are run directories that the store does not know; they stay",
      metadata: [
        "event": "runs_unknown", "stage": "retain", "runs": "\(runs.count)", "first": "\(first)", "last": "\(last)",
        "folder": "\(area.runs)",
      ])
  }

  private func remove(_ doomed: [Int]) async throws {
    var rest = doomed[...]
    while !rest.isEmpty {
      try Task.checkCancellation()
      let batch = Array(rest.prefix(RunsDuty.batch))
      rest = rest.dropFirst(batch.count)
      // Somebody reads the others: it is their turn another time.
      let leaving = batch.filter { holds.leave($0) }
      defer { holds.left(leaving) }
      let gone = try await store.removeRuns(leaving)
      guard !gone.isEmpty else { continue }
      let bytes = gone.reduce(0) { $0 + sizes[$1] }
      try await removeDirectories(of: gone)
      Counter(label: Measure.removed.name, dimensions: [("what", "runs")]).increment(by: gone.count)
      Counter(label: Measure.removedBytes.name).increment(by: bytes)
      logger.info(
        "old runs were removed",
        metadata: [
          "event": "runs_pruned", "stage": "retain", "runs": "\(gone.count)", "first": "\(gone.min() ?? 0)",
          "last": "\(gone.max() ?? 0)", "bytes": "\(bytes)",
        ])
    }
  }

  /// - Parameter runs: whose rows are gone.
  private func removeDirectories(of runs: [Int]) async throws {
    guard !runs.isEmpty else { return }
    let (names, left) = try await work.run { [logger] in
      var (names, left): ([String], [Int]) = ([], [])
      for run in runs where !area.directory(ofRun: run).isLocked {
        do {
          if let name = try area.setAside(run: run) { names.append(name) }
          left.append(run)
        } catch {
          logger.warning(
            "the directory of a removed run stays for now",
            metadata: ["event": "run_directory_stays", "stage": "retain", "run": "\(run)", "error": "\(error)"])
        }
      }
      // The new names are found again, so the numbers need not be known any longer.
      if !names.isEmpty { try area.syncRuns() }
      return (names, left)
    }
    sizes.forget(runs)
    try await store.runsHaveLeft(left)
    await removeSetAside(names)
  }

  private func removeSetAside(_ names: [String]) async {
    guard !names.isEmpty else { return }
    let isStopping = StopFlag()
    let left = await withTaskCancellationHandler {
      await work.run { names.filter { !area.removeSetAside($0, isCancelled: { isStopping.isSet }) } }
    } onCancel: {
      isStopping.set()
    }
    guard !isStopping.isSet else { return }
    for name in complaints.new(left) {
      logger.warning(
        "not everything of an old run could be removed; the next runner tries, with its own rights",
        metadata: ["event": "run_directory_stays", "stage": "retain", "path": "\(area.runs)/\(name)"])
    }
  }
}

/// How large the directories of ended runs are: they do not change any more.
private final class KnownSizes: Sendable {
  private let sizes = Mutex<[Int: Int]>([:])

  subscript(run: Int) -> Int { sizes.withLock { $0[run] ?? 0 } }

  /// Measures those that are not known yet. Reads the disk.
  func measure(_ runs: [Int], in area: RunArea) {
    let unknown = sizes.withLock { known in runs.filter { known[$0] == nil } }
    for run in unknown {
      let size = area.size(ofRun: run)
      sizes.withLock { $0[run] = size }
    }
  }

  func forget(_ runs: [Int]) { sizes.withLock { sizes in for run in runs { sizes[run] = nil } } }
}

/// What has been told once and need not be told every minute.
private final class Complaints: Sendable {
  private let told = Mutex<Set<String>>([])

  /// Those of `names` that were not told before.
  func new(_ names: [String]) -> [String] {
    told.withLock { told in names.filter { told.insert($0).inserted } }
  }
}

/// Tells a thread that the task which waits for it was cancelled.
private final class StopFlag: Sendable {
  private let flag = Atomic<Bool>(false)

  var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }
}
