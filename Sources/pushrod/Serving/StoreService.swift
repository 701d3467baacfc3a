import ServiceLifecycle
import Store

/// Keeps the store open while others need it, and closes it when they have stopped.
struct StoreService: Service {
  let store: SQLiteStore

  func run() async throws {
    try await gracefulShutdown()
    try store.close()
  }
}
