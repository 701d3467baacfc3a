import GRDB
import Model

/// A row of `audit`.
enum AuditRow {
  static let columns = "number, at, person, via, address, act, object, outcome, detail"

  static func insert(_ act: AuditedAct, _ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO audit (at, person, via, address, act, object, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      StoredTime.milliseconds(act.at), act.person.name, act.person.via.rawValue, act.person.address,
      act.kind.rawValue, act.object, act.outcome.rawValue, act.detail,
    ])
  }

  static func entry(_ row: Row) throws -> AuditEntry {
    let number: Int = row["number"]
    guard let via = Person.Via(rawValue: row["via"]), let kind = AuditedAct.Kind(rawValue: row["act"]),
      let outcome = AuditedAct.Outcome(rawValue: row["outcome"])
    else { throw StoreFailure("line \(number) of the audit log has a word that this version does not know.") }
    return AuditEntry(
      number: number,
      act: AuditedAct(
        kind, row["object"], by: Person(name: row["person"], via: via, address: row["address"]),
        at: StoredTime.date(row["at"]), outcome: outcome, detail: row["detail"]))
  }
}
