import GRDB
import Model

/// A row of `runs` as the run that it is.
enum RunRow {
  /// The last one is for those who ask why a run does not begin.
  static let columns = """
    number, delivery, commit_id, state, reason, failed_step, superseded_by, queued_at, started_at, finished_at, took,
    request,
    CASE state WHEN 'queued' THEN coalesce(
      (SELECT min(other.number) FROM runs AS other WHERE other.state IN ('running', 'waiting')
        AND (other.concurrency_group = runs.concurrency_group OR other.pipeline = runs.pipeline)),
      (SELECT min(other.number) FROM runs AS other INDEXED BY runs_queued_by_group WHERE other.state = 'queued'
        AND other.concurrency_group = runs.concurrency_group)) END AS waits_for
    """

  static func run(_ row: Row) throws -> Run {
    let number: Int = row["number"]
    var request = try StoredJSON.value(RunRequest.self, row["request"])
    request.delivery = row["delivery"]
    // Found out by the runner, where nobody had said it.
    if request.commit == nil { request.commit = CommitID(row["commit_id"] as String) }
    let startedAt: Int64? = row["started_at"]
    let finishedAt: Int64? = row["finished_at"]
    let took: Int64? = row["took"]
    let waitsFor: Int? = row["waits_for"]
    return Run(
      number: number, request: request, state: try state(row, ofRun: number), reason: row["reason"],
      failedStep: row["failed_step"], supersededBy: row["superseded_by"],
      waitsFor: waitsFor == number ? nil : waitsFor,
      queuedAt: StoredTime.date(row["queued_at"]), startedAt: startedAt.map(StoredTime.date),
      finishedAt: finishedAt.map(StoredTime.date), took: took.map { Seconds(Double($0) / 1000) })
  }

  static func state(_ row: Row, ofRun number: Int) throws -> RunState {
    let word: String = row["state"]
    guard let state = RunState(rawValue: word) else {
      throw StoreFailure("run \(number) in the store has the unknown state `\(word)`.")
    }
    return state
  }
}
