public import Model

public import struct FoundationEssentials.Date

/// `GET /api/audit`: newest first.
public struct AuditList: Codable, Sendable {
  public var entries: [AuditReport]

  public init(entries: [AuditReport]) { self.entries = entries }
}

/// A line of the audit log as the API tells it.
public struct AuditReport: Codable, Sendable {
  public var number: Int
  public var at: Date
  /// A user's name, a token's name, or a signal.
  public var person: String
  public var via: Person.Via
  public var address: String?
  public var act: AuditedAct.Kind
  public var object: String
  public var outcome: AuditedAct.Outcome
  public var detail: String?

  public init(_ entry: AuditEntry) {
    number = entry.number
    at = entry.act.at
    person = entry.act.person.name
    via = entry.act.person.via
    address = entry.act.person.address
    act = entry.act.kind
    object = entry.act.object
    outcome = entry.act.outcome
    detail = entry.act.detail
  }
}
