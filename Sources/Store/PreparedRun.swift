import GRDB
import Model

import struct FoundationEssentials.Date

/// A run with everything encoded, on its way into the queue of runs.
struct PreparedRun: Sendable {
  private let request: RunRequest
  private let json: String
  private let queuedAt: Int64

  init(_ request: RunRequest, at date: Date) throws {
    var request = request
    // The column says it; in the JSON it could only be missing or wrong.
    request.delivery = nil
    self.request = request
    json = try StoredJSON.text(request)
    queuedAt = StoredTime.milliseconds(date)
  }

  var pipeline: String { request.pipeline.name }

  /// Whether the run is what `move` asks for.
  func isOf(_ move: RefMove) -> Bool {
    request.pipeline.name == move.pipeline && request.ref == move.ref && request.commit != nil
      && request.commit == move.commit
  }

  /// - Returns: the run's number.
  func insert(_ db: Database, delivery: Int?) throws -> Int {
    try db.cachedStatement(sql: PreparedRun.insertion)
      .execute(arguments: [
        delivery, request.pipeline.name, request.pipeline.repository.identity, request.ref.full,
        request.commit?.hex ?? "", request.pipeline.concurrency.group, RunState.queued.rawValue, queuedAt, json,
        (request.pipeline.concurrency.mode ?? .queue).rawValue, request.mayGoBack ?? false,
      ])
    return Int(db.lastInsertedRowID)
  }

  private static let insertion = """
    INSERT INTO runs
      (delivery, pipeline, repository, ref, commit_id, concurrency_group, state, queued_at, request, mode, may_go_back)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
}
