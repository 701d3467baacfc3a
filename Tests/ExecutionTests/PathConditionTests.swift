import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("Steps that are about some of the files")
struct PathConditionTests {
  private let fixture: RunFixture
  private var repository: GitRepository { fixture.repository }

  init() throws { fixture = try RunFixture() }

  private func commit(_ path: String) throws -> CommitID {
    try #require(CommitID(try repository.commit(path, UUID().uuidString)))
  }

  private func step(_ name: String, _ paths: [String], run: String = "true") -> Step {
    var step = Step(name: name, run: run)
    step.when = StepCondition(paths: paths)
    return step
  }

  private var steps: [Step] {
    [step("api", ["api/**"]), step("web", ["web/**", "!**/*.md"]), Step(name: "always", run: "true")]
  }

  private func run(
    _ steps: [Step], since good: CommitID?, newest: CommitID? = nil,
    change: @escaping (inout RunSpec) -> Void = { _ in }
  ) throws -> RunRecordRead {
    try fixture.run(
      .init(steps: steps, finally: [step("tidy", ["web/**"])]) { spec in
        spec.succeeded = good.map { DeployedCommit(commit: $0, run: 3) }
        spec.newest = newest.map { DeployedCommit(commit: $0, run: 4) } ?? spec.succeeded
        change(&spec)
      })
  }

  private func skipped(_ run: RunRecordRead) -> [String: String] {
    var reasons: [String: String] = [:]
    for event in run.events where event.event == .stepSkipped { reasons[event.name ?? ""] = event.reason }
    return reasons
  }

  @Test("are left out where none of those changed, also at the end, and say what did")
  func leftOut() throws {
    let before = try #require(CommitID(try repository.git("rev-parse", "HEAD")))
    _ = try commit("api/main.c")
    _ = try commit("web/README.md")
    let run = try run(steps, since: before)
    #expect(run.end?.runState == .succeeded)
    let words = "changed: 2 files, such as api/main.c; compared with what run 3 deployed, \(before.short)"
    // At the end the second list's pattern has no exclusion.
    #expect(skipped(run) == ["web": "nothing in [web/**, !**/*.md] \(words)"])
    #expect(run.finished(1)?.stepState == .succeeded && run.finished(3)?.stepState == .succeeded)
    #expect(run.finished(4)?.stepState == .succeeded)
  }

  @Test("are measured by the last success: what failed since is not forgotten by the next push to something else")
  func afterFailure() throws {
    let good = try #require(CommitID(try repository.git("rev-parse", "HEAD")))
    let failed = try commit("api/main.c")
    _ = try commit("docs/a.md")
    #expect(Set(skipped(try run(steps, since: good, newest: failed)).keys) == ["web", "tidy"])
    // Nothing has succeeded yet.
    let first = try run(steps, since: nil, newest: failed)
    #expect(skipped(first).isEmpty)
    #expect(
      try first.log(0).contains(
        "what changed cannot be told, so all of it counts as changed: no run of main has succeeded yet"))
  }

  @Test("all run where no push started the run, or of a tag; and a step that needs one that is left out runs")
  func others() throws {
    let before = try #require(CommitID(try repository.git("rev-parse", "HEAD")))
    _ = try commit("docs/a.md")
    for trigger in [RunRequest.Trigger.manual, .schedule, .webhook] {
      #expect(skipped(try run(steps, since: before) { $0.request.trigger = trigger }).isEmpty)
    }
    // A replay of a delivery, and a schedule's run that was interrupted and is repeated.
    #expect(skipped(try run(steps, since: before) { $0.request.mayGoBack = true }).isEmpty)
    let repeated = try run(steps, since: before) {
      $0.request.trigger = .rerun
      $0.request.origin = .schedule
    }
    #expect(skipped(repeated).isEmpty)
    try repository.git("tag", "v1")
    let tag = try #require(RefName("refs/tags/v1"))
    #expect(skipped(try run(steps, since: before) { $0.request.ref = tag }).isEmpty)

    var after = Step(name: "after", run: "echo here")
    after.needs = ["api"]
    let run = try run([step("api", ["api/**"]), after], since: before)
    #expect(Set(skipped(run).keys) == ["api", "tidy"])
    #expect(try run.log(2) == "here\n")
  }
}
