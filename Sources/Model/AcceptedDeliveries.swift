/// Which deliveries were accepted, under the ids that their senders gave them.
public protocol AcceptedDeliveries: Sendable {
  /// Also where the delivery itself is no longer in the inbox.
  /// - Throws: `StoreFailure`.
  func isAccepted(_ id: String, from source: String) async throws -> Bool
}
