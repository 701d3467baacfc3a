import Model

/// Told along a connection, before its first byte: for whom a trusted proxy has opened it.
struct ClientAddress: Hashable, Sendable {
  let address: IPAddress
}
