import Foundation
import Model
import Store
import TestSupport
import Testing

@Suite struct RunPruningTests {
  private let fixture: StoreUnderTest
  private var store: SQLiteStore { fixture.store }

  init() throws { fixture = try StoreUnderTest() }

  private func run(_ state: RunState, pipeline: String = "shop") async throws -> Int {
    let number = try await store.enqueue(try someRequest(pipeline), at: someDate).number
    if state == .queued { return number }
    _ = try await store.move(run: number, to: RunOutcome(.running), at: someDate)
    if state == .running { return number }
    _ = try await store.move(run: number, to: RunOutcome(state), at: someDate)
    return number
  }

  @Test("only what has ended is removed, for good, and its number is not given again")
  func removing() async throws {
    for state in [RunState.succeeded, .running, .queued, .failed] { _ = try await run(state) }
    #expect(try await store.removeRuns([1, 2, 3, 4, 99]) == [1, 4])
    #expect(try await store.runs(RunFilter()).map(\.number) == [3, 2])
    #expect(try await store.leavingRuns() == [1, 4])
    try await store.runsHaveLeft([4])
    try store.close()
    let again = try SQLiteStore.open(path: fixture.path)
    #expect(try await again.run(number: 1) == nil)
    #expect(try await again.leavingRuns() == [1])
    #expect(try await again.enqueue(try someRequest(), at: someDate).number == 5)
  }

  @Test("runs are listed page by page with what retention has to know")
  func listing() async throws {
    _ = try await run(.succeeded)
    _ = try await run(.queued, pipeline: "docs")
    let all = try await store.storedRuns(after: 0, limit: 10)
    #expect(
      all == [
        StoredRun(number: 1, pipeline: "shop", state: .succeeded, finishedAt: all[0].finishedAt),
        StoredRun(number: 2, pipeline: "docs", state: .queued, finishedAt: nil),
      ])
    #expect(abs(try #require(all[0].finishedAt).timeIntervalSince(someDate)) < 0.001)
    #expect(try await store.storedRuns(after: 1, limit: 1).map(\.number) == [2])
  }

  @Test("a delivery keeps its verdict when its run is removed")
  func verdict() async throws {
    let recorded = try await store.record(someDelivery("d-1", runs: [try someRequest()]))
    _ = try await store.move(run: 1, to: RunOutcome(.cancelled), at: someDate)
    #expect(try await store.removeRuns([1]) == [1])
    #expect(try await store.delivery(number: recorded.number)?.verdict == .started(runs: [1]))
    #expect(try await store.record(someDelivery("d-1", runs: [try someRequest()])).isRepeat)
  }

  @Test("runs are counted by state, with the time of the one that waits longest")
  func counting() async throws {
    #expect(try await store.census() == RunCensus(queued: 0, running: 0, oldestQueuedAt: nil))
    for state in [RunState.queued, .queued, .running, .failed] { _ = try await run(state) }
    let census = try await store.census()
    #expect(census.queued == 2 && census.running == 1)
    #expect(abs(try #require(census.oldestQueuedAt).timeIntervalSince(someDate)) < 0.001)
  }
}
