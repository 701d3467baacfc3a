import Foundation
import GRDB
import Model
import TestSupport
import Testing

@testable import Store

@Suite struct BackupTests {
  private func write(_ copy: any StoreCopy, to path: String) throws {
    var bytes: [UInt8] = []
    while bytes.count < copy.size { bytes += try copy.read(at: bytes.count, limit: 100_000) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  @Test("a copy made while deliveries come in holds all that was recorded before, as of one moment, in one file")
  func online() async throws {
    let fixture = try StoreUnderTest()
    let request = try someRequest()
    for number in 1...300 {
      _ = try await fixture.store.record(someDelivery("before-\(number)", body: Array(repeating: 7, count: 20_000)))
    }
    let writer = Task {
      var number = 0
      while !Task.isCancelled {
        number += 1
        _ = try await fixture.store.record(someDelivery("during-\(number)", runs: [request]))
      }
      return number
    }
    let copy = try await fixture.store.copy()
    writer.cancel()
    let during = try await writer.value
    let file = fixture.area.file("backup.db")
    try write(copy, to: file)

    let header = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)).prefix(20))
    #expect(header[18] == 1 && header[19] == 1, "it needs no log")
    let contents = try StoreFile.inspect(file)
    #expect(contents.deliveries >= 300 && contents.deliveries <= 300 + during)
    // Each delivery that came meanwhile is there with its run, or neither is.
    #expect(contents.runs == contents.deliveries - 300)
    #expect(during > 3, "deliveries were recorded between the steps")
    let left = try FileManager.default.contentsOfDirectory(atPath: fixture.area.file("data"))
    #expect(!left.contains { $0.contains("copy") }, "\(left)")
  }

  @Test("only one copy is made at a time")
  func one() async throws {
    let fixture = try StoreUnderTest()
    for number in 1...200 {
      _ = try await fixture.store.record(someDelivery("d-\(number)", body: Array(repeating: 7, count: 20_000)))
    }
    let results = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 { group.addTask { (try? await fixture.store.copy()) != nil } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.contains(true))
    #expect(results.contains(false))
    _ = try await fixture.store.copy()
  }

  @Test("a backup takes the store's place, and the store is kept with its log")
  func restore() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(someDelivery("old", runs: [try someRequest()]))
    let backup = fixture.area.file("backup.db")
    try write(try await fixture.store.copy(), to: backup)
    _ = try await fixture.store.record(someDelivery("new", runs: [try someRequest()]))
    // As kill -9 leaves it: the newest is in the log alone.
    let path = try fixture.copiedFiles()

    let restored = try RestoredStore.restore(from: backup, to: path)

    #expect(restored.contents.deliveries == 1)
    let store = try SQLiteStore.open(path: path)
    #expect(try await store.deliveries(DeliveryFilter()).map(\.id) == ["old"])
    try store.close()
    // And back again.
    let kept = try #require(restored.kept)
    let second = try RestoredStore.restore(from: kept, to: path)
    #expect(second.contents.deliveries == 2)
    #expect(second.kept == path + ".replaced-2")
    let again = try SQLiteStore.open(path: path)
    #expect(try await again.deliveries(DeliveryFilter()).map(\.id) == ["new", "old"])
    try again.close()
  }

  @Test("what is no backup is refused, and the store stays as it is")
  func refused() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(someDelivery("mine"))
    let backup = fixture.area.file("backup.db")
    try write(try await fixture.store.copy(), to: backup)

    let busy = #expect(throws: StoreFailure.self) { try RestoredStore.restore(from: backup, to: fixture.path) }
    #expect(busy?.description.contains("another pushrod agent is using") == true)
    try fixture.store.close()

    func refusal(_ file: String) throws -> String {
      "\(try #require(#expect(throws: StoreFailure.self) { try RestoredStore.restore(from: file, to: fixture.path) }))"
    }
    #expect(try refusal(fixture.area.file("nothing.db")).contains("there is no file"))
    let text = try fixture.area.write("notes.db", String(repeating: "Not a database.\n", count: 600))
    #expect(try refusal(text).contains("not an SQLite database"))
    let foreign = fixture.area.file("foreign.db")
    try runChecked(["sqlite3", foreign, "CREATE TABLE songs (title TEXT)"])
    #expect(try refusal(foreign).contains("no store of Pushrod's"))
    let newer = fixture.area.file("newer.db")
    try FileManager.default.copyItem(atPath: backup, toPath: newer)
    try runChecked(["sqlite3", newer, "INSERT INTO grdb_migrations VALUES ('9999 from the future')"])
    #expect(try refusal(newer).contains("was written by a newer pushrod"))
    let damaged = fixture.area.file("damaged.db")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: backup))
    bytes.replaceSubrange(8192..<12_000, with: Data(repeating: 0x5a, count: 3808))
    try bytes.write(to: URL(fileURLWithPath: damaged))
    #expect(try refusal(damaged).contains("damaged"))

    let store = try SQLiteStore.open(path: fixture.path)
    #expect(try await store.deliveries(DeliveryFilter()).map(\.id) == ["mine"])
    try store.close()
    let left = try FileManager.default.contentsOfDirectory(atPath: fixture.area.file("data"))
    #expect(left.sorted() == ["lock", "pushrod.db"])
  }

  @Test(
    "what root restores belongs to the agent's user",
    .enabled(if: getuid() == 0, "only root makes files that are not its own to give away"))
  func ownership() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(someDelivery("d-1"))
    let backup = fixture.area.file("backup.db")
    try write(try await fixture.store.copy(), to: backup)
    try fixture.store.close()
    let folder = fixture.area.file("data")
    try runChecked(["chown", "-R", "65534:65534", folder])
    try FileManager.default.removeItem(atPath: folder + "/lock")

    _ = try RestoredStore.restore(from: backup, to: fixture.path)

    let owners = try runChecked(["stat", "--format", "%n %u:%g %a", folder + "/lock", fixture.path])
    #expect(owners == "\(folder)/lock 65534:65534 600\n\(fixture.path) 65534:65534 600")
  }

  @Test("a run number that a directory has is not given again")
  func numbers() async throws {
    let fixture = try StoreUnderTest()
    try await fixture.store.numberRuns(above: 7)
    #expect(try await fixture.store.enqueue(try someRequest(), at: someDate).number == 8)
    try await fixture.store.numberRuns(above: 3)
    #expect(try await fixture.store.enqueue(try someRequest(), at: someDate).number == 9)
    try await fixture.store.numberRuns(above: 20)
    #expect(try await fixture.store.enqueue(try someRequest(), at: someDate).number == 21)
  }
}
