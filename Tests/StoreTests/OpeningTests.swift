import Foundation
import GRDB
import Model
import Store
import TestSupport
import Testing

@Suite struct OpeningTests {
  @Test("a second agent is refused in words, and let in when the first is gone")
  func oneAgent() throws {
    let area = try TemporaryDirectory("store")
    let path = area.file("data/pushrod.db")
    do {
      let first = try SQLiteStore.open(path: path)
      let failure = #expect(throws: StoreFailure.self) { try SQLiteStore.open(path: path) }
      #expect(failure?.description.contains("another pushrod agent is using the data directory") == true)
      try first.close()
    }
    _ = try SQLiteStore.open(path: path)
  }

  @Test("only the owner can read what the store makes")
  func modes() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(someDelivery("d-1"))

    #expect(try mode(fixture.area.file("data")) == 0o700)
    for name in try FileManager.default.contentsOfDirectory(atPath: fixture.area.file("data")) {
      #expect(try mode(fixture.area.file("data/\(name)")) == 0o600, "\(name)")
    }
  }

  @Test("a store that a newer Pushrod wrote is refused in words and left as it is")
  func newer() throws {
    let area = try TemporaryDirectory("store")
    let path = area.file("data/pushrod.db")
    try SQLiteStore.open(path: path).close()
    let tool = try DatabaseQueue(path: path)
    try tool.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9999 from the future')") }
    try tool.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: path))

    let failure = #expect(throws: StoreFailure.self) { try SQLiteStore.open(path: path) }

    #expect(failure?.description.contains("was written by a newer pushrod") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }

  @Test("a flipped page is found when the store is opened")
  func damaged() async throws {
    let fixture = try StoreUnderTest()
    for number in 1...50 { _ = try await fixture.store.record(someDelivery("d-\(number)")) }
    try fixture.store.close()
    let copy = try fixture.copiedFiles()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: copy))
    for page in 2..<9 {
      try file.seek(toOffset: UInt64(page * 4096))
      try file.write(contentsOf: Data(repeating: 0x5a, count: 512))
    }
    try file.close()

    let failure = #expect(throws: StoreFailure.self) { try SQLiteStore.open(path: copy) }

    #expect(failure?.description.contains("is damaged") == true)
  }

  @Test("a file that is no database is refused and not overwritten")
  func foreign() throws {
    let area = try TemporaryDirectory("store")
    try area.write("data/pushrod.db", String(repeating: "My holiday diary.\n", count: 500))

    let failure = #expect(throws: StoreFailure.self) { try SQLiteStore.open(path: area.file("data/pushrod.db")) }

    #expect(failure?.description.contains("is damaged") == true)
    #expect(try String(contentsOfFile: area.file("data/pushrod.db"), encoding: .utf8).hasPrefix("My holiday"))
  }

  @Test("garbage at the end of the log, as a power cut leaves it, costs nothing that was recorded")
  func tornLog() async throws {
    let fixture = try StoreUnderTest()
    for number in 1...20 { _ = try await fixture.store.record(someDelivery("d-\(number)")) }
    let copy = try fixture.copiedFiles()
    let log = try FileHandle(forUpdating: URL(fileURLWithPath: copy + "-wal"))
    try log.seekToEnd()
    try log.write(contentsOf: Data(repeating: 0xff, count: 6000))
    try log.close()

    let store = try SQLiteStore.open(path: copy)

    #expect(try await store.deliveries(DeliveryFilter(limit: 100)).count == 20)
  }

  @Test("a store that is closed while a checkpoint is due stays closed, and the process alive")
  func closedBeforeCheckpoint() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(someDelivery("d-1", body: Array(repeating: 7, count: 2 << 20)))
    try fixture.store.close()

    // Past the half second after which a checkpoint is made when all is quiet.
    try await Task.sleep(for: .milliseconds(700))

    #expect(try await SQLiteStore.open(path: fixture.path).delivery(number: 1)?.bodySize == 2 << 20)
  }

  @Test("a full disk refuses deliveries in words, half records none, and takes them again when there is room")
  func full() async throws {
    guard getuid() == 0 else {
      print("skipped: mounting a small file system needs root")
      return
    }
    let area = try TemporaryDirectory("store")
    let disk = area.file("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
    guard try run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]).status == 0 else {
      print("skipped: no file system can be mounted here")
      return
    }
    defer { _ = try? run(["umount", "-l", disk]) }
    let store = try SQLiteStore.open(path: disk + "/data/pushrod.db")
    _ = try await store.record(someDelivery("before"))
    try Data(repeating: 0, count: 700_000).write(to: URL(fileURLWithPath: disk + "/ballast"))

    let failure = await #expect(throws: StoreFailure.self) {
      try await store.record(someDelivery("big", body: Array(repeating: 7, count: 900_000), runs: [try someRequest()]))
    }
    #expect(failure?.description.contains("is full") == true)
    #expect(try await store.queuedRuns(limit: 10).isEmpty)

    try FileManager.default.removeItem(atPath: disk + "/ballast")
    let after = try await store.record(someDelivery("after", runs: [try someRequest()]))

    #expect(after.verdict == .started(runs: [1]))
    #expect(try await store.deliveries(DeliveryFilter(limit: 10)).map(\.id) == ["after", "before"])
    try store.close()
  }

  private func mode(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }
}
