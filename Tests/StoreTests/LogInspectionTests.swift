import Foundation
import GRDB
import Model
import TestSupport
import Testing

@testable import Store

@Suite struct LogInspectionTests {
  /// Where the frames of a log's commits end, by the commit.
  private func logOfCommits(_ count: Int) async throws -> (path: String, ends: [Int], fixture: StoreUnderTest) {
    let fixture = try StoreUnderTest()
    var ends: [Int] = []
    for number in 1...count {
      _ = try await fixture.store.record(someDelivery("d-\(number)"))
      let frames = try Data(contentsOf: URL(fileURLWithPath: fixture.path + "-wal"))
      ends.append(frames.count)
    }
    return (try fixture.copiedFiles(), ends, fixture)
  }

  private func flip(_ path: String, at place: Int) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: UInt64(place))
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: UInt64(place))
    try file.write(contentsOf: Data([byte ^ 0x10]))
    try file.close()
  }

  @Test("a byte flipped in the log before commits that were answered for is found: none is silently dropped")
  func flipped() async throws {
    let (path, ends, fixture) = try await logOfCommits(8)
    defer { withExtendedLifetime(fixture) {} }
    try flip(path + "-wal", at: ends[2] + 24 + 100)
    let failure = #expect(throws: StoreFailure.self) { try SQLiteStore.open(path: path) }
    #expect(failure?.description.contains("-wal of the store is damaged") == true)
    #expect(failure?.description.contains("pushrod restore") == true)
  }

  @Test("a log overwritten from its first byte is found")
  func overwritten() async throws {
    let (path, _, fixture) = try await logOfCommits(3)
    defer { withExtendedLifetime(fixture) {} }
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path + "-wal"))
    try file.write(contentsOf: Data((0..<9000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }))
    try file.close()
    #expect(throws: StoreFailure.self) { try SQLiteStore.open(path: path) }
  }

  @Test("the torn end that a power cut leaves costs the last commit at most, wherever it is torn")
  func torn() async throws {
    let (path, ends, fixture) = try await logOfCommits(4)
    defer { withExtendedLifetime(fixture) {} }
    let log = try Data(contentsOf: URL(fileURLWithPath: path + "-wal"))
    var random = SeededGenerator(seed: 11)
    for round in 1...12 {
      // The last commit's pages came to the disk in any order, or not at all.
      var torn = log
      let hole = Int.random(in: ends[2]..<ends[3], using: &random)
      let length = Int.random(in: 1...4096, using: &random)
      let end = min(torn.count, hole + length)
      torn.replaceSubrange(hole..<end, with: Data(count: end - hole))
      let area = try TemporaryDirectory("torn")
      let copy = area.file("pushrod.db")
      try FileManager.default.copyItem(atPath: path, toPath: copy)
      try torn.write(to: URL(fileURLWithPath: copy + "-wal"))
      let store = try SQLiteStore.open(path: copy)
      #expect(try await store.deliveries(DeliveryFilter()).count >= 3, "round \(round)")
      try store.close()
    }
  }

  @Test("a log of zeros, an empty one and the beginning of one are nothing but a power cut's")
  func empty() async throws {
    let (path, _, fixture) = try await logOfCommits(1)
    defer { withExtendedLifetime(fixture) {} }
    for bytes in [Data(), Data(count: 5000), Data([0x37, 0x7f, 0x06, 0x82])] {
      let area = try TemporaryDirectory("log")
      try FileManager.default.copyItem(atPath: path, toPath: area.file("pushrod.db"))
      try bytes.write(to: URL(fileURLWithPath: area.file("pushrod.db-wal")))
      try SQLiteStore.open(path: area.file("pushrod.db")).close()
    }
  }

  @Test("frames of an earlier round behind the newest commit are no damage")
  func earlierRound() async throws {
    let fixture = try StoreUnderTest()
    for number in 1...40 { _ = try await fixture.store.record(someDelivery("a-\(number)")) }
    // Brought into the main file, so that the log is written again from its beginning.
    try fixture.store.connection.sync { _ = try $0.checkpoint(.passive) }
    for number in 1...3 { _ = try await fixture.store.record(someDelivery("b-\(number)")) }
    let store = try SQLiteStore.open(path: try fixture.copiedFiles())
    #expect(try await store.deliveries(DeliveryFilter(limit: 100)).count == 43)
  }
}
