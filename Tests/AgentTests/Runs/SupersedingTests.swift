import Agent
import Foundation
import Model
import RunDirectory
import Store
import TestSupport
import Testing

/// Which runs need not run, by the real dispatcher and store; the repository's history is the test's.
@Suite struct SupersedingTests {
  /// The history of the repository, oldest first: numbers 0 to 9.
  private let commits = (0..<10).map { CommitID(String(repeating: "\($0)", count: 40))! }
  private let order: StandInOrder

  init() { order = StandInOrder(commits) }

  private func agent(launcher: StandInLauncher = StandInLauncher(), folder: TemporaryDirectory? = nil) throws
    -> AgentUnderTest
  { try AgentUnderTest(someRules([]), launcher: launcher, folder: folder, order: order) }

  /// Queues a run of each commit, in this order.
  private func queue(
    _ numbers: [Int], _ mode: Concurrency.Mode?, ref: String = "refs/heads/main", pipeline: String = "shop",
    mayGoBack: Bool? = nil, in fixture: AgentUnderTest
  ) async throws {
    for number in numbers {
      var request = someRequest(try somePipeline(pipeline))
      request.pipeline.concurrency = Concurrency(group: "production", mode: mode)
      request.commit = commits[number]
      request.ref = try #require(RefName(ref))
      request.mayGoBack = mayGoBack
      _ = try await fixture.store.enqueue(request, at: Date())
    }
    fixture.dispatcher.wake()
  }

  private func states(_ fixture: AgentUnderTest) async throws -> [String] {
    try await fixture.store.runs(RunFilter()).reversed().map { run in
      run.state.rawValue + (run.supersededBy.map { " by \($0)" } ?? "")
    }
  }

  @Test("in mode queue each has its turn, and nobody is asked")
  func queueMode() async throws {
    let fixture = try agent()
    try await queue([3, 1, 2], .queue, in: fixture)
    try await queue([4], nil, in: fixture)
    fixture.serve()
    for number in 1...4 {
      try await fixture.launcher.runner(number - 1).finish(.succeeded)
      _ = try await fixture.wait(for: .succeeded, of: number)
    }
    #expect(order.questions.isEmpty)
  }

  @Test(
    "in mode latest only the newest of those that wait is run, whichever came last",
    arguments: [
      ([1, 2, 3], 3), ([3, 2, 1], 1), ([2, 3, 1], 2), ([3, 3, 1], 2),
    ])
  func latest(waiting: [Int], newest: Int) async throws {
    let fixture = try agent()
    try await queue(waiting, .latest, in: fixture)
    fixture.serve()

    let runner = try await fixture.launcher.runner(0)

    #expect(runner.directory == fixture.area.directory(ofRun: newest))
    _ = try await fixture.wait(for: .running, of: newest)
    #expect(
      try await states(fixture) == (1...3).map { $0 == newest ? "running" : "superseded by \(newest)" })
    let question = try #require(order.questions.first)
    #expect(question.commits == waiting.map { commits[$0] })
    #expect(question.mirror == fixture.area.mirror(of: try RepositoryURL(question.url)))
    #expect(question.ref.full == "refs/heads/main")
  }

  @Test("the one that runs is left to it in mode latest, and those behind it are decided when it has ended")
  func latestBehindARunningOne() async throws {
    let fixture = try agent()
    fixture.serve()
    try await queue([1], .latest, in: fixture)
    let first = try await fixture.launcher.runner(0)
    try await queue([2, 4, 3], .latest, in: fixture)
    #expect(try await states(fixture) == ["running", "queued", "queued", "queued"])
    #expect(order.questions.isEmpty)

    try first.finish(.succeeded)
    _ = try await fixture.wait(for: .running, of: 3)

    #expect(try await states(fixture) == ["succeeded", "superseded by 3", "running", "superseded by 3"])
  }

  @Test("in mode cancel the running one is told to end for a newer one, and those between never begin")
  func cancel() async throws {
    let fixture = try agent(
      launcher: StandInLauncher {
        try $0.begin(); try $0.listen()
      })
    fixture.serve()
    try await queue([1], .cancel, in: fixture)
    let first = try await fixture.launcher.runner(0)
    _ = try await fixture.wait(for: .running, of: 1)
    try await queue([2, 5, 3], .cancel, in: fixture)

    let message = try await first.message()
    _ = try await fixture.wait(for: .superseded, of: 4)

    // By the newest there was when it was told; later ones are not older.
    #expect(message.action == .supersede)
    #expect([2, 3].contains(message.run))
    try first.finish(.superseded, reason: "superseded by run 3", supersededBy: 3)
    _ = try await fixture.wait(for: .superseded, of: 1)
    _ = try await fixture.wait(for: .running, of: 3)
    #expect(try await states(fixture) == ["superseded by 3", "superseded by 3", "running", "superseded by 3"])
    #expect(first.messages.count == 1)
  }

  @Test("in mode cancel an older commit that came late ends nothing: it waits its turn")
  func cancelLate() async throws {
    let fixture = try agent(
      launcher: StandInLauncher {
        try $0.begin(); try $0.listen()
      })
    fixture.serve()
    try await queue([5], .cancel, in: fixture)
    let first = try await fixture.launcher.runner(0)
    _ = try await fixture.wait(for: .running, of: 1)

    try await queue([2], .cancel, in: fixture)
    try await wait("a question") { !order.questions.isEmpty }
    try first.finish(.succeeded)
    _ = try await fixture.wait(for: .running, of: 2)

    #expect(first.messages.isEmpty)
  }

  @Test(
    "where the repository does not answer nobody is superseded, and the oldest goes first",
    arguments: [
      Concurrency.Mode.latest, .cancel,
    ])
  func unknown(mode: Concurrency.Mode) async throws {
    let fixture = try agent(
      launcher: StandInLauncher {
        try $0.begin(); try $0.listen()
      })
    order.answer(nil)
    try await queue([1, 2], mode, in: fixture)
    fixture.serve()

    let runner = try await fixture.launcher.runner(0)
    try await wait("a question") { !order.questions.isEmpty }

    #expect(runner.directory == fixture.area.directory(ofRun: 1))
    _ = try await fixture.wait(for: .running, of: 1)
    #expect(try await states(fixture) == ["running", "queued"])
    #expect(runner.messages.isEmpty)
  }

  @Test("only runs of one pipeline and ref take each other's place, also within one group")
  func otherRefs() async throws {
    let fixture = try agent()
    try await queue([1], .latest, in: fixture)
    try await queue([2], .latest, ref: "refs/heads/dev", in: fixture)
    try await queue([3], .latest, pipeline: "docs", in: fixture)
    try await queue([4], .latest, in: fixture)
    fixture.serve()

    for index in 0..<3 { try await fixture.launcher.runner(index).finish(.succeeded) }
    _ = try await fixture.wait(for: .succeeded, of: 4)

    #expect(try await states(fixture) == ["superseded by 4", "succeeded", "succeeded", "succeeded"])
    #expect(
      fixture.launcher.launched.map(\.directory) == [2, 3, 4].map { fixture.area.directory(ofRun: $0) })
  }

  @Test("what a person asked for behind a newer push is run all the same; a push behind it takes its place")
  func asked() async throws {
    let fixture = try agent()
    try await queue([5], .latest, in: fixture)
    try await queue([2], .latest, mayGoBack: true, in: fixture)
    fixture.serve()
    try await fixture.launcher.runner(0).finish(.succeeded)
    try await fixture.launcher.runner(1).finish(.succeeded)
    _ = try await fixture.wait(for: .succeeded, of: 2)
    #expect(try await states(fixture) == ["succeeded", "succeeded"])

    let other = try agent()
    try await queue([2], .latest, mayGoBack: true, in: other)
    try await queue([5], .latest, in: other)
    other.serve()
    try await other.launcher.runner(0).finish(.succeeded)
    _ = try await other.wait(for: .succeeded, of: 2)
    #expect(try await states(other) == ["superseded by 2", "succeeded"])
  }

  @Test("the one that was found to be the newest begins, however many come meanwhile")
  func progress() async throws {
    let fixture = try agent()
    try await queue([1, 2], .latest, in: fixture)
    order.whenAsked { [store = fixture.store, commits] count in
      guard count == 1 else { return }
      var request = someRequest(try somePipeline())
      request.pipeline.concurrency = Concurrency(group: "production", mode: .latest)
      request.commit = commits[3]
      _ = try await store.enqueue(request, at: Date())
    }
    fixture.serve()

    let first = try await fixture.launcher.runner(0)
    #expect(first.directory == fixture.area.directory(ofRun: 2))
    try first.finish(.succeeded)
    _ = try await fixture.wait(for: .running, of: 3)
    #expect(order.questions.count == 1)
  }

  @Test("a line longer than one question is decided part by part")
  func long() async throws {
    let fixture = try agent()
    let mixed = (0..<1200).map { $0 == 700 ? 9 : $0 % 9 }
    try await queue(mixed, .latest, in: fixture)
    fixture.serve()

    let runner = try await fixture.launcher.runner(0)

    #expect(runner.directory == fixture.area.directory(ofRun: 701))
    _ = try await fixture.wait(for: .running, of: 701)
    let left = try await fixture.store.queueLength()
    #expect(left == 0)
    #expect(order.questions.allSatisfy { $0.commits.count <= 500 })
  }

  @Test("what was deployed goes with the next run of the ref, also over a restart of the agent in between")
  func newest() async throws {
    let folder = try TemporaryDirectory("order")
    let launcher = StandInLauncher { try $0.begin(commit: try $0.directory.spec().request.commit) }
    let first = try agent(launcher: launcher, folder: folder)
    first.serve()
    try await queue([5], .queue, in: first)
    let runner = try await first.launcher.runner(0)
    #expect(try runner.directory.spec().newest == nil)
    _ = try await first.wait(for: .running, of: 1)
    try await queue([4], .queue, in: first)
    try await first.stop()
    try runner.finish(.failed, reason: "exit 3")

    let second = try agent(launcher: launcher, folder: folder)
    second.serve()
    let next = try await launcher.runner(1)

    #expect(try next.directory.spec().newest == DeployedCommit(commit: commits[5], run: 1))
    #expect(try next.directory.spec().request.mayGoBack == nil)
    try next.finish(.superseded, reason: "superseded by run 1, …", supersededBy: 1)
    let run = try await second.wait(for: .superseded, of: 2)
    #expect(run.supersededBy == 1)
    #expect(run.reason == "superseded by run 1, …")
  }

  @Test("a run that never got to its steps has deployed nothing, one whose runner died may have; going back is no news")
  func whatCounts() async throws {
    let fixture = try agent(launcher: StandInLauncher { _ in })
    fixture.serve()
    try await queue([1, 2, 3, 4], .queue, in: fixture)
    // The fetch failed.
    let first = try await fixture.launcher.runner(0)
    try first.begin(step: nil)
    try first.finish(.failed, reason: "fetch failed")
    let second = try await fixture.launcher.runner(1)
    #expect(try second.directory.spec().newest == nil)
    // Killed after the fetch: what it began may not be on the disk.
    try second.begin(step: nil, commit: commits[2])
    second.die()
    let third = try await fixture.launcher.runner(2)
    #expect(try third.directory.spec().newest == DeployedCommit(commit: commits[2], run: 2))
    try third.begin(commit: commits[0], wentBack: true)
    try third.finish(.succeeded)
    let fourth = try await fixture.launcher.runner(3)
    #expect(try fourth.directory.spec().newest == DeployedCommit(commit: commits[2], run: 2))
  }

  @Test("people may go back, by hand, again and by replay; nothing else may")
  func mayGoBack() async throws {
    let fixture = try AgentUnderTest(someRules([try somePipeline()]))
    _ = await fixture.agent.receive(try signedPush(id: "d-1"))
    #expect(try await fixture.agent.run(number: 1).request.mayGoBack == nil)
    _ = try await fixture.agent.cancel(run: 1, by: .ada)

    #expect(try await fixture.agent.rerun(run: 1, by: .ada).request.mayGoBack == true)
    _ = try await fixture.agent.replay(delivery: 1, by: .ada)
    #expect(try await fixture.agent.run(number: 3).request.mayGoBack == true)
  }

  @Test("a pipeline that has got another group still has one run at a time")
  func renamedGroup() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    fixture.serve()
    try await fixture.queue(try somePipeline("shop", group: "old"))
    let first = try await fixture.launcher.runner(0)
    try await fixture.queue(try somePipeline("shop", group: "new"))
    try await fixture.queue(try somePipeline("docs"))
    _ = try await fixture.wait(for: .running, of: 3)
    #expect(try await fixture.store.run(number: 2)?.state == .queued)
    try first.finish(.succeeded)
    _ = try await fixture.wait(for: .running, of: 2)
  }

  private func wait(_ what: String, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(2))
    }
    throw CommandFailure("did not happen: \(what)")
  }
}
