/// Something that the agent counts or measures: its name, its kind, and what it means.
///
/// The names follow Prometheus' conventions: base units, `_total` for what only grows. A label's values come from the
/// configuration or from a fixed list, never from what a sender wrote, so that nobody outside can make their number grow.
public struct Measure: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// Only grows; begins at 0 with each start of the agent.
    case counter
    case gauge
    /// How often values lay at or below each of these bounds, which rise.
    case histogram([Double])
  }

  public let name: String
  public let kind: Kind
  /// The labels' names, in the order in which they are shown.
  public let labels: [String]
  /// One sentence.
  public let help: String

  private init(_ name: String, _ kind: Kind, _ labels: [String], _ help: String) {
    self.name = name
    self.kind = kind
    self.labels = labels
    self.help = help
  }

  private init(_ name: String, _ kind: Kind, _ help: String) { self.init(name, kind, [], help) }
}

extension Measure {
  /// From half a millisecond to ten seconds: a disk.
  private static let moments: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10]
  /// From a tenth of a second to an hour: what runs do.
  private static let stretches: [Double] = [0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]

  // Deliveries
  public static let deliveries = Measure(
    "pushrod_deliveries_total", .counter, ["source", "verdict", "way"],
    "Deliveries by source, verdict (started, ignored, rejected, repeated) and the way they came.")
  public static let hookAnswers = Measure(
    "pushrod_hook_answers_total", .counter, ["status"], "Answers of the hook endpoint by HTTP status.")
  public static let storeCommit = Measure(
    "pushrod_store_commit_seconds", .histogram(moments), "How long it took to bring a group of deliveries to disk.")
  public static let storeCommitSize = Measure(
    "pushrod_store_commit_deliveries", .histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 1024]),
    "How many deliveries shared one commit.")
  public static let storeFailures = Measure(
    "pushrod_store_failures_total", .counter, "Commits that failed; their deliveries were answered 503.")
  public static let looks = Measure(
    "pushrod_looks_total", .counter, ["outcome"],
    "Looks at the refs of a repository that the agent took by itself, by outcome (done, failed).")
  public static let tipsCompared = Measure(
    "pushrod_tips_compared_total", .counter, "Tips of refs that were compared with what was handled last.")
  public static let subscriptionConnected = Measure(
    "pushrod_subscription_connected", .gauge, ["source", "way"],
    "1 where the agent's own connection for a source's deliveries stands, else 0.")

  // Runs
  public static let runs = Measure(
    "pushrod_runs", .gauge, ["state"], "Runs that have not ended, by state (queued, running).")
  public static let oldestQueued = Measure(
    "pushrod_queue_oldest_age_seconds", .gauge, "How long the oldest queued run has waited; 0 where none waits.")
  public static let runsHeld = Measure(
    "pushrod_runs_held", .gauge, "1 while no new run starts because a disk is too full, else 0.")
  public static let runsFinished = Measure(
    "pushrod_runs_finished_total", .counter, ["pipeline", "state"], "Runs that ended, by pipeline and final state.")
  public static let runWait = Measure(
    "pushrod_run_wait_seconds", .histogram(stretches), ["pipeline"], "How long runs waited in the queue.")
  public static let steps = Measure(
    "pushrod_step_seconds", .histogram(stretches), ["pipeline"], "How long steps took, the fetch left out.")
  public static let fetch = Measure(
    "pushrod_fetch_seconds", .histogram(stretches), ["pipeline"], "How long fetching and checking out took.")
  public static let fetchBytes = Measure(
    "pushrod_fetch_bytes_total", .counter, ["pipeline"], "Bytes that fetches received from repositories.")
  public static let followers = Measure(
    "pushrod_followers", .gauge, "Live logs that somebody follows through the API.")

  // The house
  public static let diskFree = Measure(
    "pushrod_disk_free_bytes", .gauge, ["disk"], "Bytes that the agent may still write, by disk (store, runs).")
  public static let diskSize = Measure(
    "pushrod_disk_size_bytes", .gauge, ["disk"], "Size of the disk, by disk (store, runs).")
  public static let diskStop = Measure(
    "pushrod_disk_stop_bytes", .gauge, ["disk"], "With fewer free bytes no new run starts, by disk (store, runs).")
  public static let removed = Measure(
    "pushrod_janitor_removed_total", .counter, ["what"], "What retention removed, by kind (deliveries, runs).")
  public static let removedBytes = Measure(
    "pushrod_janitor_removed_bytes_total", .counter, "Bytes on disk of the run directories that retention removed.")
  public static let ready = Measure(
    "pushrod_ready", .gauge, "1 where deliveries can be taken, as /readyz says, else 0.")
  public static let buildInfo = Measure(
    "pushrod_build_info", .gauge, ["version"], "Always 1; the label says the version.")

  // The process, as Prometheus' own client libraries name it
  public static let processCPU = Measure(
    "process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.")
  public static let processResident = Measure(
    "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.")
  public static let processVirtual = Measure(
    "process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.")
  public static let processOpenFiles = Measure("process_open_fds", .gauge, "Number of open file descriptors.")
  public static let processMostFiles = Measure("process_max_fds", .gauge, "Maximum number of open file descriptors.")
  public static let processStart = Measure(
    "process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds.")

  /// In the order in which they are shown. What is not in here is not exported.
  public static let all: [Measure] = [
    deliveries, hookAnswers, storeCommit, storeCommitSize, storeFailures, looks, tipsCompared, subscriptionConnected,
    runs, oldestQueued, runsHeld, runsFinished, runWait, steps, fetch, fetchBytes, followers,
    diskFree, diskSize, diskStop, removed, removedBytes, ready, buildInfo,
    processCPU, processResident, processVirtual, processOpenFiles, processMostFiles, processStart,
  ]
}
