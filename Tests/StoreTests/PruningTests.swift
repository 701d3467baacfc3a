import Foundation
import GRDB
import Model
import Store
import TestSupport
import Testing

@Suite struct PruningTests {
  private let fixture: StoreUnderTest
  private var store: SQLiteStore { fixture.store }

  init() throws { fixture = try StoreUnderTest() }

  private func inbox() async throws -> [Int] {
    try await store.deliveries(DeliveryFilter(limit: 10_000)).map(\.number)
  }

  private func prune(keep: Int = 10_000, age: Seconds = 7_776_000, at date: Date = someDate) async throws -> Int {
    try await store.prune(InboxRetention(keep: keep, age: age), at: date)
  }

  @Test("the newest deliveries stay, over many batches")
  func byCount() async throws {
    for number in 1...300 { _ = try await store.record(someDelivery("d-\(number)")) }

    #expect(try await prune(keep: 10) == 290)
    #expect(try await inbox() == (291...300).reversed())
    #expect(try await prune(keep: 10) == 0)
  }

  @Test("deliveries go when they are old, accepted and refused, however few there are")
  func byAge() async throws {
    for day in 0..<5 {
      let date = someDate.addingTimeInterval(Double(day) * 86_400)
      _ = try await store.record(someDelivery("d-\(day)", at: date))
      await store.recordRejected(someDelivery("bad-\(day)", at: date), reason: "no")
      #expect(try await inbox().count == 2 * (day + 1))
    }

    #expect(try await prune(age: 172_800, at: someDate.addingTimeInterval(4 * 86_400 + 1)) == 6)
    #expect(try await inbox() == [10, 9, 8, 7])
  }

  @Test("refused requests do not crowd accepted deliveries out")
  func refusedDoNotCount() async throws {
    for number in 1...3 { _ = try await store.record(someDelivery("d-\(number)")) }
    for number in 1...50 { await store.recordRejected(someDelivery("bad-\(number)"), reason: "no") }
    _ = try await inbox()
    for number in 4...6 { _ = try await store.record(someDelivery("d-\(number)")) }

    #expect(try await prune(keep: 4) == 2)
    #expect(try await store.deliveries(DeliveryFilter(verdict: .ignored)).map(\.number) == [56, 55, 54, 3])
    #expect(try await store.deliveries(DeliveryFilter(verdict: .rejected)).count == 50)
  }

  @Test("a delivery whose runs have not ended stays, and goes once they have; the runs stay")
  func needed() async throws {
    for number in 1...4 {
      _ = try await store.record(someDelivery("d-\(number)", runs: [try someRequest(), try someRequest("docs")]))
    }
    _ = try await store.move(run: 3, to: RunOutcome(.running), at: someDate)
    for run in [1, 2, 4] { _ = try await store.move(run: run, to: RunOutcome(.cancelled), at: someDate) }

    #expect(try await prune(keep: 1) == 1)
    #expect(try await inbox() == [4, 3, 2])
    #expect(try await prune(age: 1, at: someDate + 3600) == 0)

    _ = try await store.move(run: 3, to: RunOutcome(.succeeded), at: someDate)
    #expect(try await prune(keep: 1) == 1)
    #expect(try await inbox() == [4, 3])
    #expect(try await store.runs(RunFilter()).count == 8)
    let orphan = try #require(try await store.run(number: 1))
    #expect(orphan.request.delivery == nil)
    #expect(orphan.request.pusher == "ada")
  }

  @Test("an id is known after its delivery is gone: nothing is queued, and the answer says why")
  func idsStayKnown() async throws {
    let request = try someRequest()
    for number in 1...3 { _ = try await store.record(someDelivery("d-\(number)", runs: [request])) }
    for run in 1...3 { _ = try await store.move(run: run, to: RunOutcome(.cancelled), at: someDate) }
    #expect(try await prune(keep: 1) == 2)

    let repeated = try await store.record(someDelivery("d-1", runs: [request]))

    #expect(
      repeated
        == RecordedDelivery(
          number: 1, verdict: .ignored(reason: "that delivery is no longer in the inbox"), isRepeat: true))
    #expect(try await store.queuedRuns(limit: 10).isEmpty)
    #expect(try await store.record(someDelivery("d-1", source: "gitea")).isRepeat == false)
  }

  @Test("a number is never given twice, also when the newest were removed")
  func numbersAreNotReused() async throws {
    for number in 1...3 { _ = try await store.record(someDelivery("d-\(number)")) }
    #expect(try await prune(age: 1, at: someDate + 3600) == 3)

    #expect(try await store.record(someDelivery("d-4")).number == 4)
  }

  @Test("what was removed is overwritten, and its room is used again")
  func room() async throws {
    let body = Array(String(repeating: "confidential ", count: 5_000).utf8)
    for number in 1...40 { _ = try await store.record(someDelivery("d-\(number)", body: body)) }
    #expect(try await prune(keep: 1) == 39)
    try store.close()
    let size = try FileManager.default.attributesOfItem(atPath: fixture.path)[.size] as? Int
    let text = try Data(contentsOf: URL(fileURLWithPath: fixture.path))
    #expect(text.ranges(of: Data("confidential".utf8)).count <= 5_100)

    let again = try SQLiteStore.open(path: fixture.path)
    for number in 41...79 { _ = try await again.record(someDelivery("d-\(number)", body: body)) }
    try again.close()
    #expect(try FileManager.default.attributesOfItem(atPath: fixture.path)[.size] as? Int == size)
  }

  @Test("deliveries are recorded while a large inbox is pruned, and all of them stay")
  func meanwhile() async throws {
    for number in 1...2_000 { _ = try await store.record(someDelivery("old-\(number)", at: someDate - 1e6)) }

    async let removed = prune(age: 100_000)
    for number in 1...200 { _ = try await store.record(someDelivery("new-\(number)")) }

    #expect(try await removed == 2_000)
    #expect(try await inbox().count == 200)
  }

  @Test("what was repeated is pruned like everything else, and known all the same when it comes once more")
  func prunedRepeats() async throws {
    _ = try await store.record(someDelivery("d-1", at: someDate - 1e6))
    _ = try await store.record(someDelivery("d-1", at: someDate - 1e6))

    #expect(try await prune(age: 100_000) == 1)

    let again = try await store.record(someDelivery("d-1"))
    #expect(again.isRepeat && again.repeats == 0)
  }

  @Test("the ids of an inbox from before this version are known, too")
  func migration() async throws {
    for number in 1...3 { _ = try await store.record(someDelivery("d-\(number)")) }
    await store.recordRejected(someDelivery("bad"), reason: "no")
    try store.close()
    let tool = try DatabaseQueue(path: fixture.path)
    try await tool.write { db in
      // As 0002 left it.
      try db.execute(
        sql: """
          DELETE FROM grdb_migrations WHERE identifier >= '0005';
          DROP TABLE schedules;
          DROP TABLE leaving_runs;
          DROP INDEX runs_for_retention;
          DROP TABLE accepted_ids;
          DROP TABLE repeats;
          DROP TABLE deployed_refs;
          DROP INDEX runs_queued_by_group;
          DROP INDEX runs_queued_by_ref;
          ALTER TABLE runs DROP COLUMN took;
          ALTER TABLE runs DROP COLUMN mode;
          ALTER TABLE runs DROP COLUMN may_go_back;
          ALTER TABLE runs DROP COLUMN superseded_by;
          DROP TABLE found_refs;
          DROP INDEX deliveries_by_source;
          DROP INDEX deliveries_by_original;
          CREATE UNIQUE INDEX deliveries_accepted ON deliveries (source, id)
            WHERE verdict <> 'rejected' AND replay_of IS NULL;
          """)
    }
    try tool.close()

    let store = try SQLiteStore.open(path: fixture.path)

    #expect(try await store.record(someDelivery("d-2")).number == 2)
    #expect(try await store.record(someDelivery("bad")).isRepeat == false)
  }
}
