import Foundation
import Model
import Store
import Testing

@Suite struct RunStoreTests {
  @Test("a run goes from queued over running to its end, with the times of each")
  func life() async throws {
    let fixture = try StoreUnderTest()
    defer { withExtendedLifetime(fixture) {} }
    let store = fixture.store
    let later = someDate + 5
    let end = someDate + 9
    let queued = try await store.enqueue(try someRequest(), at: someDate)

    let running = try await store.move(run: queued.number, to: RunOutcome(.running), at: later)
    let failed = try await store.move(
      run: queued.number, to: RunOutcome(.failed, reason: "exit code 3", failedStep: "build"), at: end)

    #expect(queued.state == .queued)
    #expect(queued.request == (try someRequest()))
    #expect(running.state == .running)
    #expect(running.startedAt == later)
    #expect(running.finishedAt == nil)
    #expect(failed.state == .failed)
    #expect(failed.reason == "exit code 3")
    #expect(failed.failedStep == "build")
    #expect(failed.startedAt == later)
    #expect(failed.finishedAt == end)
    #expect(try await store.run(number: queued.number) == failed)
  }

  @Test("every edge that does not exist is refused, and changes nothing", arguments: RunState.allCases)
  func illegalEdges(from state: RunState) async throws {
    let fixture = try StoreUnderTest()
    defer { withExtendedLifetime(fixture) {} }
    let store = fixture.store
    let run = try await store.enqueue(try someRequest(), at: someDate)
    if state != .queued {
      if !RunState.queued.successors.contains(state) {
        _ = try await store.move(run: run.number, to: RunOutcome(.running), at: someDate)
      }
      _ = try await store.move(run: run.number, to: RunOutcome(state), at: someDate)
    }

    for next in Set(RunState.allCases).subtracting(state.successors) {
      await #expect(throws: RunState.IllegalTransition.self) {
        try await store.move(run: run.number, to: RunOutcome(next), at: someDate)
      }
    }
    #expect(try await store.run(number: run.number)?.state == state)
  }

  @Test("of two that end a run at the same time, one wins")
  func race() async throws {
    let fixture = try StoreUnderTest()
    defer { withExtendedLifetime(fixture) {} }
    let store = fixture.store
    let run = try await store.enqueue(try someRequest(), at: someDate)
    let outcomes: [RunOutcome] = [RunOutcome(.running), RunOutcome(.cancelled, reason: "cancelled by ada")]

    let won = await withTaskGroup(of: Bool.self) { group in
      for outcome in outcomes {
        group.addTask { (try? await store.move(run: run.number, to: outcome, at: someDate)) != nil }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }

    // cancelled first: running is refused; running first: cancelled may follow.
    let state = try await store.run(number: run.number)?.state
    #expect(state == .cancelled)
    #expect(won == 1 || won == 2)
  }

  @Test("a run without a commit gets the one that its runner found, once, and is found by it")
  func foundCommit() async throws {
    let fixture = try StoreUnderTest()
    defer { withExtendedLifetime(fixture) {} }
    let store = fixture.store
    var request = try someRequest()
    request.commit = nil
    let run = try await store.enqueue(request, at: someDate)
    #expect(run.request.commit == nil)
    #expect(try await store.queuedRuns(limit: 1).first?.request == request)
    _ = try await store.move(run: run.number, to: RunOutcome(.running), at: someDate)
    #expect(try await store.run(number: run.number)?.request.commit == nil)
    let ended = try await store.move(run: run.number, to: RunOutcome(.succeeded, commit: someCommit), at: someDate)
    #expect(ended.request.commit == someCommit)
    #expect(try await store.run(number: run.number)?.request.commit == someCommit)
    #expect(try await store.runs(RunFilter(commitPrefix: String(someCommit.hex.prefix(7)))).map(\.number) == [1])
    // Where the push named the commit, nothing that a runner says changes it.
    let other = try #require(CommitID(String(repeating: "b2", count: 20)))
    let pushed = try await store.enqueue(try someRequest(), at: someDate)
    _ = try await store.move(run: pushed.number, to: RunOutcome(.running), at: someDate)
    let end = try await store.move(run: pushed.number, to: RunOutcome(.succeeded, commit: other), at: someDate)
    #expect(end.request.commit == someCommit)
  }

  @Test("runs are found by pipeline, state and the beginning of their commit, newest first")
  func filters() async throws {
    let fixture = try StoreUnderTest()
    defer { withExtendedLifetime(fixture) {} }
    let store = fixture.store
    let other = CommitID(String(repeating: "b2", count: 20))!
    for number in 1...6 {
      _ = try await store.enqueue(
        try someRequest(number % 2 == 0 ? "even" : "odd", commit: number > 4 ? other : someCommit), at: someDate)
    }
    _ = try await store.move(run: 2, to: RunOutcome(.cancelled), at: someDate)

    #expect(try await store.runs(RunFilter(pipeline: "even")).map(\.number) == [6, 4, 2])
    #expect(try await store.runs(RunFilter(state: .cancelled)).map(\.number) == [2])
    #expect(try await store.runs(RunFilter(commitPrefix: "B2b2")).map(\.number) == [6, 5])
    #expect(try await store.runs(RunFilter(commitPrefix: other.hex)).map(\.number) == [6, 5])
    #expect(try await store.runs(RunFilter(pipeline: "odd", state: .queued, before: 5, limit: 1)).map(\.number) == [3])
    #expect(try await store.runs(RunFilter(commitPrefix: "%' OR 1=1 --")).isEmpty)
    #expect(try await store.queuedRuns(limit: 2).map(\.number) == [1, 3])
    #expect(try await store.run(number: 77) == nil)
  }

  @Test("running runs are what a restarted agent finds")
  func running() async throws {
    let fixture = try StoreUnderTest()
    for _ in 1...3 { _ = try await fixture.store.enqueue(try someRequest(), at: someDate) }
    for number in [1, 3] { _ = try await fixture.store.move(run: number, to: RunOutcome(.running), at: someDate) }

    let copy = try SQLiteStore.open(path: try fixture.copiedFiles())

    #expect(try await copy.runningRuns().map(\.number) == [1, 3])
  }
}
