import Foundation
import GRDB
import Model
import Store
import Testing

/// What the order of runs rests on.
@Suite struct OrderTests {
  let fixture: StoreUnderTest
  var store: SQLiteStore { fixture.store }

  init() throws { fixture = try StoreUnderTest() }

  private func commit(_ number: Int) -> CommitID {
    let digits = String(number, radix: 16)
    return CommitID(String(repeating: "0", count: 40 - digits.count) + digits)!
  }

  @discardableResult
  private func queue(
    _ pipeline: String = "shop", group: String? = nil, mode: Concurrency.Mode? = nil, commit: CommitID? = someCommit,
    ref: String = "refs/heads/main", mayGoBack: Bool? = nil
  ) async throws -> Run {
    var request = try someRequest(pipeline)
    request.pipeline.concurrency = Concurrency(group: group ?? pipeline, mode: mode)
    request.commit = commit
    request.ref = RefName(ref)!
    request.mayGoBack = mayGoBack
    return try await store.enqueue(request, at: someDate)
  }

  @Test("what is next is the oldest of each group that is free, however many wait in the others")
  func next() async throws {
    for _ in 1...300 { try await queue("busy") }
    try await queue("b", group: "shared")
    try await queue("a", group: "shared")
    try await queue("idle")

    #expect(try await store.nextRuns(besides: [], pipelines: [], limit: 10).map(\.number) == [1, 301, 303])
    #expect(try await store.nextRuns(besides: ["busy"], pipelines: [], limit: 10).map(\.number) == [301, 303])
    #expect(try await store.nextRuns(besides: ["busy"], pipelines: [], limit: 1).map(\.number) == [301])
    #expect(try await store.nextRuns(besides: [], pipelines: ["busy"], limit: 1).map(\.number) == [301])
    #expect(try await store.nextRuns(besides: [], pipelines: ["b", "busy"], limit: 10).map(\.number) == [303])
    #expect(try await store.nextRuns(besides: ["busy", "shared", "idle"], pipelines: [], limit: 10).isEmpty)
    _ = try await store.move(run: 1, to: RunOutcome(.cancelled), at: someDate)
    #expect(try await store.nextRuns(besides: [], pipelines: [], limit: 1).map(\.number) == [2])
    #expect(try await store.queueLength() == 302)
  }

  @Test("what waits for one ref is told in the order of its coming, where the newest takes the place of others")
  func waiting() async throws {
    let run = try await queue(mode: .latest, commit: commit(1))
    try await queue(mode: .latest, commit: nil)
    try await queue(mode: .latest, commit: commit(2), ref: "refs/heads/dev")
    try await queue("docs", mode: .latest, commit: commit(3))
    try await queue(mode: .cancel, commit: commit(4), mayGoBack: true)

    let waiting = try await store.waiting(like: run, limit: 10)

    #expect(
      waiting
        == WaitingRuns(
          mode: .cancel, last: 5,
          entries: [
            .init(number: 1, commit: commit(1), mayGoBack: false), .init(number: 2, commit: nil, mayGoBack: false),
            .init(number: 5, commit: commit(4), mayGoBack: true),
          ]))
    #expect(waiting.isWhole)
    #expect(try await store.waiting(like: run, limit: 2).isWhole == false)
    // The pipeline's file says something else by now: the newest counts.
    try await queue(mode: .queue, commit: commit(5))
    #expect(try await store.waiting(like: run, limit: 10) == WaitingRuns(mode: .queue, last: 6, entries: []))
  }

  @Test("superseded are those that still wait, all at once, and each says by which run")
  func superseding() async throws {
    for _ in 1...5 { try await queue() }
    _ = try await store.move(run: 2, to: RunOutcome(.cancelled, reason: "cancelled by ada"), at: someDate)
    _ = try await store.move(run: 3, to: RunOutcome(.running), at: someDate)

    #expect(try await store.supersede([1, 2, 3, 4, 99], by: 5, at: someDate + 1) == [1, 4])

    let run = try #require(try await store.run(number: 4))
    #expect(run.state == .superseded)
    #expect(run.supersededBy == 5)
    #expect(run.reason == "superseded by run 5 before it began")
    #expect(run.finishedAt == someDate + 1)
    #expect(try await store.run(number: 3)?.state == .running)
    #expect(try await store.run(number: 2)?.reason == "cancelled by ada")
    #expect(try await store.runs(RunFilter(state: .superseded)).map(\.number) == [4, 1])
  }

  @Test("a delivery tells which of its runs were superseded, and by which")
  func inInbox() async throws {
    let recorded = try await store.record(someDelivery("d-1", runs: [try someRequest(), try someRequest("docs")]))
    _ = try await store.record(someDelivery("d-2", runs: [try someRequest()]))
    _ = try await store.supersede([1], by: 3, at: someDate)

    #expect(try await store.delivery(number: recorded.number)?.superseded == [SupersededRun(run: 1, by: 3)])
    let inbox = try await store.deliveries(DeliveryFilter(limit: 10))
    #expect(inbox.map(\.superseded) == [[], [SupersededRun(run: 1, by: 3)]])
  }

  @Test("what a run has deployed is remembered with its end, for its pipeline, repository and ref alone")
  func deployed() async throws {
    let run = try await queue(commit: commit(1))
    let dev = try await queue(commit: commit(2), ref: "refs/heads/dev")
    _ = try await store.move(run: run.number, to: RunOutcome(.running), at: someDate)
    #expect(try await store.deployed(like: run.request).newest == nil)

    _ = try await store.move(
      run: run.number, to: RunOutcome(.failed, reason: "exit 3", deployed: commit(1)), at: someDate)

    #expect(try await store.deployed(like: run.request).newest == DeployedCommit(commit: commit(1), run: 1))
    #expect(try await store.deployed(like: dev.request).newest == nil)
    #expect(try await store.deployed(like: try someRequest("docs")).newest == nil)
    // An end that deployed nothing leaves what was.
    let next = try await queue(commit: commit(3))
    _ = try await store.move(run: next.number, to: RunOutcome(.failed, reason: "fetch failed"), at: someDate)
    #expect(try await store.deployed(like: run.request).newest?.run == 1)
  }

  @Test("beside the newest that was begun the last that succeeded is remembered, also an older one that was asked for")
  func succeeded() async throws {
    func end(_ state: RunState, _ commit: CommitID, newest: Bool = true) async throws -> DeployedRef {
      let run = try await queue(commit: commit)
      _ = try await store.move(run: run.number, to: RunOutcome(.running), at: someDate)
      _ = try await store.move(
        run: run.number, to: RunOutcome(state, commit: commit, deployed: newest ? commit : nil), at: someDate)
      return try await store.deployed(like: run.request)
    }
    #expect(try await end(.failed, commit(1)).succeeded == nil)
    let second = try await end(.succeeded, commit(2))
    #expect(second.newest == DeployedCommit(commit: commit(2), run: 2) && second.succeeded == second.newest)
    let third = try await end(.failed, commit(3))
    #expect(third.newest == DeployedCommit(commit: commit(3), run: 3) && third.succeeded == second.succeeded)
    // Back to the first, on purpose: the third is still the newest.
    let back = try await end(.succeeded, commit(1), newest: false)
    #expect(back.newest == third.newest && back.succeeded == DeployedCommit(commit: commit(1), run: 4))
    #expect(try await end(.skipped, commit(4), newest: false) == back)
  }

  @Test("a run that waits says for which: the one under way, else the one that goes first")
  func waitsFor() async throws {
    for _ in 1...3 { try await queue(group: "production") }
    try await queue("docs")
    #expect(try await store.runs(RunFilter()).map(\.waitsFor) == [nil, 1, 1, nil])

    _ = try await store.move(run: 1, to: RunOutcome(.running), at: someDate)
    _ = try await store.move(run: 2, to: RunOutcome(.cancelled), at: someDate)
    #expect(try await store.runs(RunFilter()).map(\.waitsFor) == [nil, 1, nil, nil])
    // The pipeline's file names another group by now.
    try await queue(group: "other")
    #expect(try await store.run(number: 5)?.waitsFor == 1)
  }

  @Test("a store of an earlier version knows what was deployed last, and runs its queue")
  func migration() async throws {
    try await queue(commit: commit(1))
    for number in 2...3 {
      try await queue(commit: commit(number))
      _ = try await store.move(run: number, to: RunOutcome(.running), at: someDate)
    }
    _ = try await store.move(run: 2, to: RunOutcome(.succeeded), at: someDate)
    _ = try await store.move(run: 3, to: RunOutcome(.failed), at: someDate)
    try store.close()
    let tool = try DatabaseQueue(path: fixture.path)
    try await tool.write { db in
      // As 0005 left it.
      try db.execute(
        sql: """
          DELETE FROM grdb_migrations WHERE identifier LIKE '0006%' OR identifier LIKE '0011%';
          DROP TABLE repeats;
          DROP TABLE deployed_refs;
          DROP INDEX runs_queued_by_group;
          DROP INDEX runs_queued_by_ref;
          ALTER TABLE runs DROP COLUMN mode;
          ALTER TABLE runs DROP COLUMN may_go_back;
          ALTER TABLE runs DROP COLUMN superseded_by;
          """)
    }
    try tool.close()

    let store = try SQLiteStore.open(path: fixture.path)

    let known = DeployedCommit(commit: commit(2), run: 2)
    let failed = DeployedCommit(commit: commit(3), run: 3)
    #expect(
      try await store.deployed(like: try someRequest())
        == DeployedRef(newest: known, succeeded: known, unfinished: [failed]))
    #expect(try await store.nextRuns(besides: [], pipelines: [], limit: 5).map(\.number) == [1])
    #expect(try await store.waiting(like: try #require(try await store.run(number: 1)), limit: 5).mode == .queue)
  }

  @Test("what was begun since the last success is remembered: each commit once, the newest first, of this ref alone")
  func unfinished() async throws {
    func end(_ state: RunState, _ number: Int, ref: String = "refs/heads/main") async throws -> DeployedRef {
      let run = try await queue(commit: commit(number), ref: ref)
      if state != .cancelled { _ = try await store.move(run: run.number, to: RunOutcome(.running), at: someDate) }
      _ = try await store.move(
        run: run.number, to: RunOutcome(state, deployed: state == .skipped ? nil : commit(number)), at: someDate)
      return try await store.deployed(like: run.request)
    }
    #expect(try await end(.failed, 1).unfinished.isEmpty, "without a success there is nothing to compare with")
    #expect(try await end(.succeeded, 2).unfinished.isEmpty)
    _ = try await end(.failed, 3)
    _ = try await end(.skipped, 4)
    _ = try await end(.failed, 5, ref: "refs/heads/dev")
    _ = try await end(.timedOut, 6)
    #expect(try await end(.failed, 3).unfinished.map(\.run) == [7, 6])
    // Ended for a newer one: what it had done is done. Who never began has done nothing.
    #expect(try await end(.superseded, 7).unfinished.map(\.run) == [8, 7, 6])
    let waiting = try await queue(commit: commit(8))
    #expect(try await store.supersede([waiting.number], by: 99, at: someDate) == [waiting.number])
    #expect(try await store.deployed(like: waiting.request).unfinished.map(\.run) == [8, 7, 6])
    #expect(try await end(.succeeded, 2).unfinished.isEmpty)
  }

  @Test("a store of the version before knows what succeeded last, though something newer failed, or nothing ever did")
  func succeededMigration() async throws {
    func end(_ state: RunState, _ number: Int, ref: String = "refs/heads/main") async throws {
      let run = try await queue(commit: commit(number), ref: ref)
      _ = try await store.move(run: run.number, to: RunOutcome(.running), at: someDate)
      _ = try await store.move(run: run.number, to: RunOutcome(state, deployed: commit(number)), at: someDate)
    }
    try await end(.succeeded, 1)
    try await end(.failed, 2)
    try await end(.failed, 3, ref: "refs/heads/dev")
    let dev = try #require(try await store.run(number: 3)).request
    try store.close()
    let tool = try DatabaseQueue(path: fixture.path)
    try await tool.write { db in
      try db.execute(
        sql: """
          DELETE FROM grdb_migrations WHERE identifier LIKE '0011%';
          ALTER TABLE deployed_refs DROP COLUMN succeeded_commit_id;
          ALTER TABLE deployed_refs DROP COLUMN succeeded_run;
          """)
    }
    try tool.close()

    let upgraded = try SQLiteStore.open(path: fixture.path)

    #expect(
      try await upgraded.deployed(like: try someRequest())
        == DeployedRef(
          newest: DeployedCommit(commit: commit(2), run: 2), succeeded: DeployedCommit(commit: commit(1), run: 1),
          unfinished: [DeployedCommit(commit: commit(2), run: 2)]))
    #expect(
      try await upgraded.deployed(like: dev) == DeployedRef(newest: DeployedCommit(commit: commit(3), run: 3)))
  }
}
