import Foundation
import GRDB
import Model
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct TroubleTests {
  /// What the store told its owner, in order.
  private final class Told: Sendable {
    let all = Mutex<[StoreTrouble?]>([])
    var count: Int { all.withLock { $0.count } }
    func append(_ trouble: StoreTrouble?) { all.withLock { $0.append(trouble) } }
  }

  private func opened(
    _ area: TemporaryDirectory, _ told: Told, patience: Duration = .seconds(7)
  ) throws -> SQLiteStore {
    try SQLiteStore(path: area.file("data/pushrod.db"), patience: patience) { told.append($0) }
  }

  private func soon(_ what: String, _ condition: () -> Bool) async throws {
    for _ in 0..<2000 {
      if condition() { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("did not happen: \(what)")
  }

  @Test("what a killed agent had only written is on the disk before it is answered for")
  func settledAtOpen() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(someDelivery("d-1", runs: [try someRequest()]))
    let path = try fixture.copiedFiles()

    let store = try SQLiteStore.open(path: path)

    // In the main file, which was synced, and in nothing that the log had before.
    let alone = try TemporaryDirectory("alone")
    try FileManager.default.copyItem(atPath: path, toPath: alone.file("pushrod.db"))
    let copy = try SQLiteStore.open(path: alone.file("pushrod.db"))
    #expect(try await copy.deliveries(DeliveryFilter()).map(\.id) == ["d-1"])
    try copy.close()
    try store.close()
  }

  @Test("after a failure of the disk nothing is written until the store has been settled, and it comes back by itself")
  func suspect() async throws {
    let area = try TemporaryDirectory("trouble")
    let told = Told()
    let store = try opened(area, told)
    _ = try await store.record(someDelivery("before"))
    // As if an fsync had failed.
    _ = store.health.failure(DatabaseError(resultCode: .SQLITE_IOERR_FSYNC, message: "disk I/O error"))

    let failure = await #expect(throws: StoreFailure.self) { try await store.record(someDelivery("during")) }

    #expect(failure?.isAnnounced == true)
    try await soon("it is well again") { store.trouble == nil }
    #expect(told.all.withLock { $0.map { $0 == nil } } == [false, true])
    _ = try await store.record(someDelivery("after"))
    #expect(try await store.deliveries(DeliveryFilter()).map(\.id) == ["after", "before"])
    try store.close()
  }

  @Test("a store that was replaced beneath the agent records nothing into the lost file, and goes on with the new one")
  func replaced() async throws {
    let area = try TemporaryDirectory("trouble")
    let told = Told()
    let store = try opened(area, told)
    _ = try await store.record(someDelivery("before"))
    let path = area.file("data/pushrod.db")
    try FileManager.default.moveItem(atPath: path, toPath: path + ".away")

    let failure = await #expect(throws: StoreFailure.self) { try await store.record(someDelivery("lost")) }

    #expect(failure?.description.contains("was moved, replaced or removed") == true)
    try await Task.sleep(for: .milliseconds(300))
    #expect(!FileManager.default.fileExists(atPath: path), "no empty store is made in its place")
    try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
    try await soon("it is well again") { store.trouble == nil }
    #expect(try await store.deliveries(DeliveryFilter()).map(\.id) == ["before"])
    #expect(try await store.record(someDelivery("lost")).isRepeat == false)
    #expect(told.count == 2)
    try store.close()
  }

  @Test("a disk that does not come back answers who waits in time, once, and is waited for")
  func stalled() async throws {
    let area = try TemporaryDirectory("trouble")
    let told = Told()
    let store = try opened(area, told, patience: .milliseconds(200))
    let isHeld = Mutex(true)
    store.connection.async { _ in
      while isHeld.withLock({ $0 }) { usleep(1_000) }
    }

    let failure = await #expect(throws: StoreFailure.self) { try await store.record(someDelivery("d-1")) }

    #expect(failure?.description.contains("has not answered") == true)
    #expect(store.trouble != nil)
    isHeld.withLock { $0 = false }
    try await soon("it is well again") { store.trouble == nil }
    // It was told no, and so it comes again.
    #expect(try await store.record(someDelivery("d-1")).isRepeat == false)
    try store.close()
  }

  @Test("a page that is read and found damaged stops the recording, and is said to be damage until it is gone")
  func damagedWhileRunning() async throws {
    let area = try TemporaryDirectory("trouble")
    let told = Told()
    let store = try opened(area, told)
    for number in 1...30 { _ = try await store.record(someDelivery("d-\(number)")) }
    _ = store.health.failure(DatabaseError(resultCode: .SQLITE_CORRUPT, message: "database disk image is malformed"))

    let reason = try #require(store.trouble?.reason)
    #expect(reason.contains("is damaged"))
    // It is checked, found whole after all, and used again.
    try await soon("it is well again") { store.trouble == nil }
    #expect(try await store.deliveries(DeliveryFilter(limit: 100)).count == 30)
    try store.close()
  }

  @Test("a store in trouble can be closed, and opened by the next agent")
  func closedInTrouble() async throws {
    let area = try TemporaryDirectory("trouble")
    let store = try opened(area, Told())
    _ = try await store.record(someDelivery("d-1"))
    _ = store.health.failure(DatabaseError(resultCode: .SQLITE_IOERR_WRITE, message: "disk I/O error"))
    try store.close()
    let next = try opened(area, Told())
    #expect(try await next.deliveries(DeliveryFilter()).count == 1)
    try next.close()
  }
}
