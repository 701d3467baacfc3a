import FoundationEssentials
import Model

/// Acts that cannot be part of the transaction that records them: written down before they are begun, and again with
/// what came of them.
struct AuditTrail: Sendable {
  let store: any AuditStore

  /// Does `body`, unless it cannot be recorded.
  func carryOut<Value>(
    _ kind: AuditedAct.Kind, _ object: String, by person: Person,
    _ body: () async throws -> (value: Value, detail: String?)
  ) async throws -> Value {
    try await store.record(AuditedAct(kind, object, by: person, at: Date(), outcome: .begun))
    let result: (value: Value, detail: String?)
    do {
      result = try await body()
    } catch {
      // The reason can be long (every mistake of a configuration); the beginning tells which it was.
      let reason = String("\(error)".prefix(500))
      // The first line stands, and says enough where the store fails meanwhile.
      try? await store.record(AuditedAct(kind, object, by: person, at: Date(), outcome: .failed, detail: reason))
      throw error
    }
    try? await store.record(AuditedAct(kind, object, by: person, at: Date(), detail: result.detail))
    return result.value
  }
}
