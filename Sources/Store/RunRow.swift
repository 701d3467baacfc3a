import GRDB
import Model

/// A row of `runs` as the run that it is.
enum RunRow {
  static let columns =
    "number, delivery, commit_id, state, reason, failed_step, queued_at, started_at, finished_at, request"

  static func run(_ row: Row) throws -> Run {
    let number: Int = row["number"]
    let word: String = row["state"]
    guard let state = RunState(rawValue: word) else {
      throw StoreFailure("run \(number) in the store has the unknown state `\(word)`.")
    }
    var request = try StoredJSON.value(RunRequest.self, row["request"])
    request.delivery = row["delivery"]
    // Found out by the runner, where nobody had said it.
    if request.commit == nil { request.commit = CommitID(row["commit_id"] as String) }
    let startedAt: Int64? = row["started_at"]
    let finishedAt: Int64? = row["finished_at"]
    return Run(
      number: number, request: request, state: state, reason: row["reason"], failedStep: row["failed_step"],
      queuedAt: StoredTime.date(row["queued_at"]), startedAt: startedAt.map(StoredTime.date),
      finishedAt: finishedAt.map(StoredTime.date))
  }
}
