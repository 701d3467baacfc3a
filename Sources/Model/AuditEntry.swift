public import struct FoundationEssentials.Date

/// What somebody had the agent do, for the audit log.
public struct AuditedAct: Hashable, Sendable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case run, cancel, rerun, approve, reject, replay, reload, backup, drain
    case drainOff = "drain off"
    case tokenCreate = "token create"
    case tokenRemove = "token rm"
  }

  public enum Outcome: String, Codable, Sendable {
    /// Written before an act that cannot be part of the same transaction; `done` or `failed` follows. Where neither
    /// does, the agent was killed in between.
    case begun
    case done
    case failed
  }

  public var at: Date
  public var person: Person
  public var kind: Kind
  /// `run 5`, `pipeline shop`, `token ci`, …
  public var object: String
  public var outcome: Outcome
  /// What came of it, or why it failed.
  public var detail: String?

  public init(
    _ kind: Kind, _ object: String, by person: Person, at: Date, outcome: Outcome = .done, detail: String? = nil
  ) {
    self.kind = kind
    self.object = object
    self.person = person
    self.at = at
    self.outcome = outcome
    self.detail = detail
  }
}

/// One line of the audit log.
public struct AuditEntry: Hashable, Sendable {
  /// 1, 2, 3, … in the order of writing; none is ever missing in between.
  public var number: Int
  public var act: AuditedAct

  public init(number: Int, act: AuditedAct) {
    self.number = number
    self.act = act
  }
}
