import AsyncHTTPClient
import Outgoing
import ServiceLifecycle

/// Keeps the HTTP client open while others need it, and closes it when they have stopped.
struct OutgoingService: Service {
  let client = OutgoingClient.make()

  func run() async throws {
    try? await gracefulShutdown()
    try await client.shutdown()
  }
}
