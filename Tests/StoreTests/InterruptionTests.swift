import Foundation
import Model
import Store
import Testing

@Suite struct InterruptionTests {
  private let fixture: StoreUnderTest
  private var store: SQLiteStore { fixture.store }

  init() throws { fixture = try StoreUnderTest() }

  private let outcome = RunOutcome(.interrupted, reason: "the runner died", failedStep: "build", took: Seconds(1.5))

  private func running(_ store: SQLiteStore) async throws -> Run {
    let run = try await store.enqueue(try someRequest(), at: someDate)
    return try await store.move(run: run.number, to: RunOutcome(.running), at: someDate)
  }

  private func again(_ run: Run) -> RunRequest {
    var request = run.request
    (request.trigger, request.rerunOf, request.attempt) = (.rerun, run.number, 2)
    return request
  }

  @Test("the run that takes an interrupted one's place is queued with its end, and the reason names it")
  func together() async throws {
    let run = try await running(store)

    let (ended, queued) = try await store.interrupt(
      run: run.number, outcome, repetition: again(run), at: someDate + 2)

    let next = try #require(queued)
    #expect(next.number == run.number + 1)
    #expect(next.state == .queued)
    #expect(next.request == again(run))
    #expect(next.queuedAt == someDate + 2)
    #expect(ended.state == .interrupted)
    #expect(ended.reason == "the runner died; its commit is run again as run \(next.number)")
    #expect(ended.failedStep == "build")
    #expect(ended.took == Seconds(1.5))
    #expect(try await store.run(number: run.number) == ended)
    #expect(try await store.queuedRuns(limit: 5).map(\.number) == [next.number])
  }

  @Test("without a repetition only the end is recorded")
  func alone() async throws {
    let run = try await running(store)

    let (ended, queued) = try await store.interrupt(run: run.number, outcome, repetition: nil, at: someDate)

    #expect(queued == nil)
    #expect(ended.reason == "the runner died")
    #expect(try await store.queuedRuns(limit: 5).isEmpty)
  }

  @Test("a run that has ended already is not repeated")
  func once() async throws {
    let run = try await running(store)
    _ = try await store.interrupt(run: run.number, outcome, repetition: again(run), at: someDate)

    await #expect(throws: RunState.IllegalTransition.self) {
      try await store.interrupt(run: run.number, outcome, repetition: again(run), at: someDate)
    }
    #expect(try await store.queuedRuns(limit: 5).count == 1)
  }

  @Test("how long a run took is kept, to the millisecond")
  func took() async throws {
    let run = try await running(store)

    _ = try await store.move(run: run.number, to: RunOutcome(.succeeded, took: Seconds(12.3456)), at: someDate - 3600)

    #expect(try await store.run(number: run.number)?.took == Seconds(12.346))
  }
}
