import Foundation
import GRDB
import Model
import TestSupport
import Testing

@testable import Store

@Suite struct MigrationTests {
  @Test("a store of every older schema is brought up, and keeps what was in it", arguments: allSchemas)
  func older(schema: String) async throws {
    let area = try TemporaryDirectory("store")
    let path = area.file("data/pushrod.db")
    try oldStore(schema, at: path)

    let store = try SQLiteStore.open(path: path)

    #expect(try await store.delivery(number: 1)?.id == "old-1")
    #expect(try await store.queuedRuns(limit: 10).map(\.number) == [1])
    // Its id is known, in whatever way that version kept it.
    let again = try await store.record(someDelivery("old-1"))
    #expect(again.isRepeat && again.number == 1 && again.verdict == .started(runs: [1]))
    #expect(try await store.record(someDelivery("new")).number == 2)
    try store.close()
    let fresh = try StoreUnderTest()
    #expect(try schemaText(path) == schemaText(fresh.path, of: fresh.store))
  }

  /// Whichever way a store came to the current schema, it is the same one.
  private func schemaText(_ path: String, of store: SQLiteStore? = nil) throws -> [String] {
    try store?.close()
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    return try queue.inDatabase {
      try String.fetchAll($0, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    }
  }
}
