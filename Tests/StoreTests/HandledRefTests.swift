import Foundation
import Model
import Store
import Testing

/// A push that comes in two ways runs once, and none is lost for it.
@Suite struct HandledRefTests {
  private let main = RefName("refs/heads/main")!
  private let first = CommitID(String(repeating: "a1", count: 20))!
  private let second = CommitID(String(repeating: "b2", count: 20))!

  /// A push of `commit` to main, as the pipelines are told of it.
  private func push(
    _ commit: CommitID?, id: String = UUID().uuidString, source: String = "github", pipelines: [String] = ["shop"],
    basis: RefMove.Basis = .told, starts: Bool = true, replayOf: Int? = nil
  ) throws -> NewDelivery {
    let runs = try commit.map { commit in try pipelines.map { try someRequest($0, commit: commit) } } ?? []
    var delivery = someDelivery(id, source: source, runs: starts ? runs : [], ignored: "skipped")
    delivery.way = source == "poll" ? .poll : replayOf == nil ? .webhook : .replay
    delivery.decisions = pipelines.map { Decision(pipeline: $0, starts: starts, reason: "branch main") }
    delivery.moves = try pipelines.map {
      RefMove(
        pipeline: $0, repository: try somePipeline($0).repository.identity, ref: main, commit: commit, basis: basis)
    }
    delivery.replayOf = replayOf
    return delivery
  }

  private func handled(_ store: SQLiteStore, _ pipeline: String = "shop") async throws -> [RefTip] {
    try await store.handledRefs(pipeline: pipeline, repository: "github.com/acme/\(pipeline)").refs
  }

  @Test("webhook first, then poll, and the other way round: one run, and the second says which delivery was first")
  func bothWays() async throws {
    for (one, other) in [("github", "poll"), ("poll", "github"), ("github", "relayed")] {
      let fixture = try StoreUnderTest()
      _ = try await fixture.store.record(try push(first, source: one))

      let again = try await fixture.store.record(
        try push(first, source: other, basis: other == "poll" ? .seen(since: nil) : .told))

      let reason = "commit a1a1a1a1 of main was already handled by delivery 1 (source \(one))"
      #expect(again == RecordedDelivery(number: 2, verdict: .ignored(reason: reason), isRepeat: false))
      let delivery = try #require(try await fixture.store.delivery(number: 2))
      #expect(delivery.verdict == again.verdict)
      #expect(delivery.decisions == [Decision(pipeline: "shop", starts: false, reason: reason)])
      #expect(try await fixture.store.queuedRuns(limit: 10).map(\.request.delivery) == [1])
    }
  }

  @Test("what is told late, of a ref that has been looked at since, starts nothing and changes no memory")
  func late() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(second, source: "poll", basis: .seen(since: nil)))

    let late = try await fixture.store.record(try push(first, basis: .late))

    let reason =
      "main has been compared since this was first sent: commit b2b2b2b2 was handled by delivery 1 (source poll)"
    #expect(late.verdict == .ignored(reason: reason))
    #expect(try await handled(fixture.store) == [RefTip(ref: main, commit: second)])
    let gone = try await fixture.store.record(try push(nil, basis: .late))
    #expect(gone.verdict == .ignored(reason: "skipped"))
    #expect(try await handled(fixture.store) == [RefTip(ref: main, commit: second)])
    #expect(try await fixture.store.queuedRuns(limit: 10).count == 1)
  }

  @Test("what is told late of a ref that is not there any more starts nothing")
  func lateAndGone() async throws {
    let fixture = try StoreUnderTest()
    let late = try await fixture.store.record(try push(first, basis: .late))
    #expect(
      late.verdict
        == .ignored(reason: "main has been compared since this was first sent, and is not there any more"))
    #expect(try await handled(fixture.store) == [])
  }

  @Test("what is told late of a ref that was only ever seen: its commit runs, an older one does not")
  func lateAndFirstSeen() async throws {
    let fixture = try StoreUnderTest()
    try await fixture.store.watch(
      pipeline: "shop", repository: "github.com/acme/shop", watched: PushTrigger(branches: nil, tags: nil, skip: nil),
      seen: [RefTip(ref: main, commit: second)], dropped: [], at: Date())

    let older = try await fixture.store.record(try push(first, basis: .late))
    let seen = try await fixture.store.record(try push(second, basis: .late))

    #expect(
      older.verdict
        == .ignored(
          reason: "main has been compared since this was first sent, and was watched from commit b2b2b2b2 on"))
    #expect(seen.verdict == .started(runs: [1]))
  }

  @Test("the delivery of a push that was found starts nothing, also when others came in between; a second one does")
  func foundAndTold() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(second, source: "poll", basis: .seen(since: nil)))
    #expect(try await fixture.store.record(try push(first)).verdict == .started(runs: [2]))

    let late = try await fixture.store.record(try push(second))
    let reason = "commit b2b2b2b2 of main was already handled by delivery 1 (source poll)"
    #expect(
      late == RecordedDelivery(number: 3, verdict: .ignored(reason: reason), isRepeat: false, isDoubtful: true))
    // It is in doubt, so the memory stays: the next look decides.
    #expect(try await handled(fixture.store) == [RefTip(ref: main, commit: first)])
    #expect(try await fixture.store.record(try push(second)).verdict == .started(runs: [3]))
  }

  @Test("where deliveries came out of order, what ran last tells whether the tip is news")
  func outOfOrder() async throws {
    let fixture = try StoreUnderTest()
    let tip = RefTip(ref: main, commit: second)
    func whereabouts(of tip: RefTip) async throws -> CommitWhereabouts {
      try await fixture.store.whereabouts(of: tip, pipeline: "shop", repository: "github.com/acme/shop")
    }
    #expect(try await whereabouts(of: tip) == .notRun)
    _ = try await fixture.store.record(try push(second))
    #expect(try await whereabouts(of: tip) == .ranLast(run: 1))
    _ = try await fixture.store.record(try push(first))
    #expect(try await whereabouts(of: tip) == .undecided)
    let third = RefTip(ref: main, commit: CommitID(String(repeating: "c3", count: 20))!)
    #expect(try await whereabouts(of: third) == .notRun)

    _ = try await fixture.store.move(
      run: 2, to: RunOutcome(.superseded, reason: "superseded by run 1"), at: Date(timeIntervalSince1970: 1))
    #expect(try await whereabouts(of: tip) == .ranLast(run: 1))
    try await fixture.store.settle(tip, by: 1, since: first, pipeline: "shop", repository: "github.com/acme/shop")
    #expect(try await handled(fixture.store) == [tip])

    // What came later and ended before it had touched anything has changed nothing.
    _ = try await fixture.store.record(try push(first))
    _ = try await fixture.store.move(run: 3, to: RunOutcome(.cancelled), at: Date(timeIntervalSince1970: 1))
    #expect(try await whereabouts(of: tip) == .ranLast(run: 1))
    for (run, state, step) in [(4, RunState.failed, "fetch"), (5, .skipped, nil)] {
      _ = try await fixture.store.record(try push(first, id: "late-\(run)"))
      _ = try await fixture.store.move(run: run, to: RunOutcome(.running), at: Date(timeIntervalSince1970: 1))
      let end = RunOutcome(state, reason: "gone", failedStep: step)
      _ = try await fixture.store.move(run: run, to: end, at: Date(timeIntervalSince1970: 1))
      #expect(try await whereabouts(of: tip) == .ranLast(run: 1), "\(state)")
    }
    // Put over it, although it was told of earlier: then it is news.
    _ = try await fixture.store.record(try push(first, id: "late"))
    _ = try await fixture.store.move(run: 6, to: RunOutcome(.running), at: Date(timeIntervalSince1970: 1))
    let failed = RunOutcome(.failed, reason: "exit 1", failedStep: "build")
    _ = try await fixture.store.move(run: 6, to: failed, at: Date(timeIntervalSince1970: 1))
    #expect(try await whereabouts(of: tip) == .notRun)
    try await fixture.store.settle(tip, by: 1, since: second, pipeline: "shop", repository: "github.com/acme/shop")
    #expect(try await handled(fixture.store) == [RefTip(ref: main, commit: first)])
  }

  @Test("an id is accepted when its delivery was recorded, for its own source, and not when it was refused")
  func accepted() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(first, id: "g-1"))
    await fixture.store.recordRejected(try push(first, id: "g-2"), reason: "forged")
    #expect(try await fixture.store.isAccepted("g-1", from: "github"))
    #expect(try await !fixture.store.isAccepted("g-1", from: "other"))
    #expect(try await !fixture.store.isAccepted("g-2", from: "github"))
  }

  @Test("only the pipelines that were told already are left out")
  func perPipeline() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(first, source: "poll", basis: .seen(since: nil)))

    let webhook = try await fixture.store.record(try push(first, pipelines: ["shop", "docs"]))

    #expect(webhook.verdict == .started(runs: [2]))
    #expect(try await fixture.store.run(number: 2)?.request.pipeline.name == "docs")
    let delivery = try #require(try await fixture.store.delivery(number: 2))
    #expect(delivery.verdict == .started(runs: [2]))
    #expect(delivery.decisions.map(\.starts) == [false, true])
  }

  @Test("the same source may say it again, and so may a person")
  func sameSource() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(first))

    #expect(try await fixture.store.record(try push(first)).verdict == .started(runs: [2]))
    #expect(try await fixture.store.record(try push(first, source: "poll", replayOf: 1)).verdict == .started(runs: [3]))
  }

  @Test("a replay is no news of where a ref stands")
  func replayMovesNothing() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(first))
    _ = try await fixture.store.record(try push(second))

    _ = try await fixture.store.record(try push(first, replayOf: 1))

    #expect(try await handled(fixture.store) == [RefTip(ref: main, commit: second)])
  }

  @Test("a force-push back to an older commit runs, whoever tells of it")
  func backAndForth() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(first))
    _ = try await fixture.store.record(try push(second, source: "poll", basis: .seen(since: first)))

    let back = try await fixture.store.record(try push(first))
    let forth = try await fixture.store.record(try push(second, source: "poll", basis: .seen(since: first)))
    let late = try await fixture.store.record(try push(second))

    #expect(back.verdict == .started(runs: [3]))
    #expect(forth.verdict == .started(runs: [4]))
    #expect(late.verdict.kind == .ignored)
  }

  @Test("a branch that was deleted and made again at the same commit runs again")
  func madeAgain() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(first))
    _ = try await fixture.store.record(try push(nil, source: "relayed"))
    #expect(try await handled(fixture.store) == [])

    #expect(try await fixture.store.record(try push(first, source: "relayed")).verdict == .started(runs: [2]))
  }

  @Test("what a pipeline said no to by its own rule is handled too")
  func skipped() async throws {
    let fixture = try StoreUnderTest()
    let skipped = try await fixture.store.record(try push(first, starts: false))
    #expect(skipped.verdict == .ignored(reason: "skipped"))

    let seen = try await fixture.store.record(try push(first, source: "poll", basis: .seen(since: nil)))

    #expect(seen.verdict.kind == .ignored)
    #expect(try await fixture.store.queuedRuns(limit: 10).isEmpty)
  }

  @Test("a look that a webhook has overtaken starts no older commit, and forgets nothing")
  func overtaken() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(second))

    let stale = try await fixture.store.record(try push(first, source: "poll", basis: .seen(since: nil)))
    let gone = try await fixture.store.record(try push(nil, source: "poll", basis: .seen(since: first)))

    #expect(stale.verdict == .ignored(reason: "main has moved on since the agent looked"))
    #expect(gone.verdict.kind == .ignored)
    #expect(try await handled(fixture.store) == [RefTip(ref: main, commit: second)])
    #expect(try await fixture.store.queuedRuns(limit: 10).count == 1)
  }

  @Test("a tag that one side names by its own id and the other by its commit is one tag")
  func annotatedTag() async throws {
    for forgeSaysTag in [true, false] {
      let fixture = try StoreUnderTest()
      var seen = try push(first, source: "poll", basis: .seen(since: nil))
      seen.moves[0].tag = second
      let told = try push(forgeSaysTag ? second : first)

      #expect(try await fixture.store.record(seen).verdict == .started(runs: [1]))
      #expect(try await fixture.store.record(told).verdict.kind == .ignored)

      let other = try StoreUnderTest()
      #expect(try await other.store.record(told).verdict == .started(runs: [1]))
      seen.moves[0].basis = .seen(since: forgeSaysTag ? second : first)
      #expect(try await other.store.record(seen).verdict.kind == .ignored)
    }
  }

  @Test("refs at the first look are remembered, and a webhook of the same commit still starts its run")
  func firstLook() async throws {
    let fixture = try StoreUnderTest()
    let everything = PushTrigger(branches: nil, tags: nil, skip: nil)
    let tip = RefTip(ref: main, commit: first)
    try await fixture.store.watch(
      pipeline: "shop", repository: "github.com/acme/shop", watched: everything, seen: [tip], dropped: [], at: someDate)
    let remembered = try await fixture.store.handledRefs(pipeline: "shop", repository: "github.com/acme/shop")
    #expect(remembered == HandledRefs(refs: [tip], watched: everything))

    #expect(try await fixture.store.record(try push(first)).verdict == .started(runs: [1]))
  }

  @Test("the first look does not change what a delivery has told, and what is not watched any more is forgotten")
  func watching() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(second))
    let dev = RefTip(ref: RefName("refs/heads/dev")!, commit: first, tag: second)
    let tags = PushTrigger(branches: ["dev"], tags: ["v*"], skip: nil)
    try await fixture.store.watch(
      pipeline: "shop", repository: "github.com/acme/shop", watched: tags,
      seen: [RefTip(ref: main, commit: first), dev], dropped: [], at: someDate)
    #expect(try await handled(fixture.store) == [dev, RefTip(ref: main, commit: second)])

    try await fixture.store.watch(
      pipeline: "shop", repository: "github.com/acme/shop", watched: tags, seen: [], dropped: [dev.ref], at: someDate)
    #expect(try await handled(fixture.store) == [RefTip(ref: main, commit: second)])
    #expect(try await fixture.store.handledRefs(pipeline: "shop", repository: "github.com/acme/docs").refs == [])
  }

  @Test("told in both ways at the same moment, each of thirty pushes runs once for each pipeline")
  func atOnce() async throws {
    let fixture = try StoreUnderTest()
    var last: CommitID?
    for round in 10..<40 {
      let commit = CommitID(String(repeating: "\(round)", count: 20))!
      let told = try push(commit, pipelines: ["shop", "docs"])
      let seen = try push(commit, source: "poll", pipelines: ["shop", "docs"], basis: .seen(since: last))
      async let one = fixture.store.record(told)
      async let other = fixture.store.record(seen)
      let runs = try await [one, other].map(\.verdict.runs.count)
      #expect(runs.sorted() == [0, 2])
      last = commit
    }
  }

  @Test("run and memory are on disk together: a copy of the files has both or neither")
  func sameTransaction() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(try push(first, source: "poll", basis: .seen(since: nil)))

    let copy = try SQLiteStore.open(path: try fixture.copiedFiles())

    #expect(try await copy.queuedRuns(limit: 10).count == 1)
    #expect(try await handled(copy) == [RefTip(ref: main, commit: first)])
    #expect(try await copy.record(try push(first)).verdict.kind == .ignored)
  }
}
