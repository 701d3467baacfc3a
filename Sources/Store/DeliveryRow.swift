import FoundationEssentials
import GRDB
import Model

/// A row of `deliveries` as the delivery that it is.
enum DeliveryRow {
  /// Everything but the body.
  static let columns = """
    number, source, way, replay_of, id, event, received_at, address, verdict, reason, runs, decisions, body_size, headers,
    (SELECT times FROM repeats WHERE delivery = deliveries.number) AS repeats,
    (SELECT last_at FROM repeats WHERE delivery = deliveries.number) AS repeated_at,
    (SELECT json_group_array(json_object('run', number, 'by', superseded_by)) FROM runs
      WHERE delivery = deliveries.number AND superseded_by IS NOT NULL) AS superseded
    """

  static func delivery(_ row: Row, body: [UInt8] = [], replays: [Int] = []) throws -> Delivery {
    let headers: Data = row["headers"]
    let decisions: String? = row["decisions"]
    let way: String = row["way"]
    let repeatedAt: Int64? = row["repeated_at"]
    return Delivery(
      number: row["number"], source: row["source"], way: Way(rawValue: way) ?? .webhook, id: row["id"],
      event: row["event"],
      receivedAt: StoredTime.date(row["received_at"]), address: row["address"],
      headers: StoredHeaders.headers(headers), body: body, bodySize: row["body_size"],
      verdict: try verdict(row),
      decisions: decisions.map(StoredDecisions.decisions) ?? [], replayOf: row["replay_of"],
      replays: replays, repeats: row["repeats"] ?? 0, lastRepeatAt: repeatedAt.map(StoredTime.date),
      superseded: try StoredJSON.value([SupersededRun].self, row["superseded"]))
  }

  static func verdict(_ row: Row) throws -> Verdict {
    let kind: String = row["verdict"]
    let reason: String? = row["reason"]
    switch Verdict.Kind(rawValue: kind) {
    case .started:
      let runs: String? = row["runs"]
      return .started(runs: try runs.map { try StoredJSON.value([Int].self, $0) } ?? [])
    case .ignored: return .ignored(reason: reason ?? "")
    case .rejected: return .rejected(reason: reason ?? "")
    case nil: throw StoreFailure("a delivery in the store has the unknown verdict `\(kind)`.")
    }
  }
}
