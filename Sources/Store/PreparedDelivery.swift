import FoundationEssentials
import GRDB
import Model

/// A delivery with everything encoded, so that the connection's queue has only to insert it.
struct PreparedDelivery: Sendable {
  let size: Int
  private let source: String
  private let way: Way
  private let replayOf: Int?
  private let id: String
  /// Where the sender gave an id, and not for a replay: what must not come in twice.
  private let accepted: AcceptedID?
  private let ignored: String?
  private let audit: AuditedAct?
  private let fields: Fields
  private let decisions: [Decision]
  private let runs: [PreparedRun]
  private let moves: [PreparedMove]

  private struct Fields: Sendable {
    var event: String?
    var receivedAt: Int64
    var address: String?
    var decisions: String?
    var headers: Data
    var body: Data
  }

  init(_ delivery: NewDelivery) throws {
    source = delivery.source
    way = delivery.way
    replayOf = delivery.replayOf
    id = delivery.id ?? UUID().uuidString.lowercased()
    accepted = delivery.replayOf == nil ? delivery.id.map { AcceptedID(source: delivery.source, id: $0) } : nil
    ignored = delivery.ignored
    audit = delivery.audit
    size = delivery.body.count
    fields = Fields(
      event: delivery.event, receivedAt: StoredTime.milliseconds(delivery.receivedAt), address: delivery.address,
      decisions: StoredDecisions.text(delivery.decisions),
      headers: Data(StoredHeaders.bytes(delivery.headers)), body: Data(delivery.body))
    decisions = delivery.decisions
    runs = try delivery.runs.map { try PreparedRun($0, at: delivery.receivedAt) }
    // What a person has repeated is no news of where a ref stands.
    let receivedAt = fields.receivedAt
    moves = delivery.replayOf == nil ? delivery.moves.map { PreparedMove($0, at: receivedAt) } : []
  }

  /// Inserts the delivery and its runs, or finds what the same id was answered before. Within a transaction.
  func insert(_ db: Database) throws -> RecordedDelivery {
    #if !PROOF_WITHOUT_DEDUPLICATION
      // Asked first, and not left to ON CONFLICT, which would use up a number.
      if let accepted, let earlier = try earlier(accepted, db) { return try noting(earlier, db) }
    #endif
    let verdict: Verdict.Kind = runs.isEmpty ? .ignored : .started
    let statement = try db.cachedStatement(sql: PreparedDelivery.insertion)
    try statement.execute(arguments: [
      source, way.rawValue, replayOf, id, fields.event, fields.receivedAt, fields.address, verdict.rawValue,
      runs.isEmpty ? reason : nil,
      fields.decisions, size, fields.headers, fields.body,
    ])
    let number = Int(db.lastInsertedRowID)
    if let accepted {
      try db.cachedStatement(sql: PreparedDelivery.acceptance)
        .execute(arguments: [accepted.key, number])
    }
    if var audit {
      audit.detail = "delivery \(number)"
      try AuditRow.insert(audit, db)
    }
    let handled = try moves.compactMap { try $0.apply(db, source: source, delivery: number) }
    if runs.isEmpty {
      return RecordedDelivery(number: number, verdict: .ignored(reason: reason), isRepeat: false)
    }
    let rest = RemainingRuns(of: runs, decisions, handled)
    if !handled.isEmpty { try correct(number, rest, db) }
    let isDoubtful = handled.contains(where: \.isDoubtful)
    guard !rest.runs.isEmpty else {
      return RecordedDelivery(
        number: number, verdict: .ignored(reason: rest.reason), isRepeat: false, isDoubtful: isDoubtful)
    }
    let numbers = try rest.runs.map { try $0.insert(db, delivery: number) }
    try db.cachedStatement(sql: "UPDATE deliveries SET runs = ? WHERE number = ?")
      .execute(arguments: [try StoredJSON.text(numbers), number])
    return RecordedDelivery(
      number: number, verdict: .started(runs: numbers), isRepeat: false, isDoubtful: isDoubtful)
  }

  /// The row was written as if every run would start; only then is its number known, which the moves refer to.
  private func correct(_ number: Int, _ rest: RemainingRuns, _ db: Database) throws {
    let verdict: Verdict.Kind = rest.runs.isEmpty ? .ignored : .started
    try db.cachedStatement(sql: "UPDATE deliveries SET verdict = ?, reason = ?, decisions = ? WHERE number = ?")
      .execute(arguments: [
        verdict.rawValue, rest.runs.isEmpty ? rest.reason : nil, StoredDecisions.text(rest.decisions), number,
      ])
  }

  private var reason: String { ignored ?? "nothing to start" }

  private func earlier(_ accepted: AcceptedID, _ db: Database) throws -> RecordedDelivery? {
    let known = try db.cachedStatement(sql: "SELECT delivery FROM accepted_ids WHERE key = ?")
    guard let number = try Int.fetchOne(known, arguments: [accepted.key]) else { return nil }
    let statement = try db.cachedStatement(sql: "SELECT verdict, reason, runs FROM deliveries WHERE number = ?")
    guard let row = try Row.fetchOne(statement, arguments: [number]) else {
      return RecordedDelivery(
        number: number, verdict: .ignored(reason: "that delivery is no longer in the inbox"), isRepeat: true)
    }
    return RecordedDelivery(number: number, verdict: try DeliveryRow.verdict(row), isRepeat: true)
  }

  /// A repetition starts nothing, but is not kept quiet.
  private func noting(_ earlier: RecordedDelivery, _ db: Database) throws -> RecordedDelivery {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO repeats (delivery, times, last_at)
        SELECT number, 1, ? FROM deliveries WHERE number = ?
        ON CONFLICT (delivery) DO UPDATE SET times = times + 1, last_at = excluded.last_at RETURNING times
        """)
    var noted = earlier
    // Of a delivery that is no longer in the inbox there is nothing to count.
    noted.repeats = try Int.fetchOne(statement, arguments: [fields.receivedAt, earlier.number]) ?? 0
    return noted
  }

  #if PROOF_WITHOUT_DEDUPLICATION
    // Only where Package.swift was told so: what `scripts/torture/run --prove` must find out.
    private static let acceptance = "INSERT OR REPLACE INTO accepted_ids (key, delivery) VALUES (?, ?)"
  #else
    private static let acceptance = "INSERT INTO accepted_ids (key, delivery) VALUES (?, ?)"
  #endif

  private static let insertion = """
    INSERT INTO deliveries
      (source, way, replay_of, id, event, received_at, address, verdict, reason, decisions, body_size, headers, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
}
