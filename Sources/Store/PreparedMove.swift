import GRDB
import Model

/// Where a ref now stands for one pipeline, on its way into `handled_refs`.
struct PreparedMove: Sendable {
  let move: RefMove
  private let at: Int64

  init(_ move: RefMove, at: Int64) {
    self.move = move
    self.at = at
  }

  /// What is remembered of the ref before this move.
  private struct Known {
    var commit: String
    var tag: String?
    var source: String
    var delivery: Int?
  }

  /// Remembers the move, unless what is remembered already must stay.
  /// - Returns: `nil` where the pipeline had not been told yet.
  func apply(_ db: Database, source: String, delivery: Int) throws -> HandledBefore? {
    let known = try known(db)
    let found = isTold ? try FoundRefs.take(move, db) : nil
    if let known, let commit = move.commit, isSame(known, commit), let first = known.delivery, known.source != source {
      return HandledBefore(
        move: move,
        reason: "commit \(commit.short) of \(move.ref.short) was already handled by delivery \(first) "
          + "(source \(known.source))")
    }
    if let found, let commit = move.commit {
      // The ref has been told of since, and may have gone back to this commit: only a look can say.
      return HandledBefore(
        move: move,
        reason: "commit \(commit.short) of \(move.ref.short) was already handled by delivery \(found) (source poll)",
        isDoubtful: true)
    }
    if move.basis == .late, let reason = lateReason(known) { return HandledBefore(move: move, reason: reason) }
    if case .seen(let since) = move.basis, known?.commit != since?.hex {
      return HandledBefore(move: move, reason: "\(move.ref.short) has moved on since the agent looked")
    }
    guard let commit = move.commit else {
      try db.cachedStatement(sql: "DELETE FROM handled_refs WHERE pipeline = ? AND repository = ? AND ref = ?")
        .execute(arguments: [move.pipeline, move.repository, move.ref.full])
      return nil
    }
    try db.cachedStatement(sql: PreparedMove.upsert).execute(arguments: [
      move.pipeline, move.repository, move.ref.full, commit.hex, move.tag?.hex, source, delivery, at,
    ])
    if !isTold { try FoundRefs.add(move, delivery: delivery, db) }
    return nil
  }

  private var isTold: Bool { if case .seen = move.basis { false } else { true } }

  private func isSame(_ known: Known, _ commit: CommitID) -> Bool {
    // One forge names an annotated tag's commit, another the tag itself.
    known.commit == commit.hex || known.tag == commit.hex || (move.tag.map { $0.hex == known.commit } ?? false)
  }

  /// Why a late delivery is no news; `nil` where it names the commit that the ref was only ever seen at: nothing has been
  /// started for that one.
  private func lateReason(_ known: Known?) -> String? {
    let since = "\(move.ref.short) has been compared since this was first sent"
    guard let known else { return "\(since), and is not there any more" }
    if let delivery = known.delivery {
      return "\(since): commit \(known.commit.prefix(8)) was handled by delivery \(delivery) (source \(known.source))"
    }
    if let commit = move.commit, isSame(known, commit) { return nil }
    return "\(since), and was watched from commit \(known.commit.prefix(8)) on"
  }

  private func known(_ db: Database) throws -> Known? {
    let statement = try db.cachedStatement(
      sql: """
        SELECT commit_id, tag_id, source, delivery FROM handled_refs
        WHERE pipeline = ? AND repository = ? AND ref = ?
        """)
    return try Row.fetchOne(statement, arguments: [move.pipeline, move.repository, move.ref.full])
      .map { Known(commit: $0["commit_id"], tag: $0["tag_id"], source: $0["source"], delivery: $0["delivery"]) }
  }

  private static let upsert = """
    INSERT INTO handled_refs (pipeline, repository, ref, commit_id, tag_id, source, delivery, handled_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (pipeline, repository, ref) DO UPDATE SET commit_id = excluded.commit_id, tag_id = excluded.tag_id,
      source = excluded.source, delivery = excluded.delivery, handled_at = excluded.handled_at
    """
}
