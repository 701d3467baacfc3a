import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("A push that changed nothing the pipeline is about")
struct PathFilterTests {
  private let fixture: RunFixture
  private var repository: GitRepository { fixture.repository }

  init() throws { fixture = try RunFixture() }

  private func head() throws -> CommitID { try #require(CommitID(try repository.git("rev-parse", "HEAD"))) }

  private func commit(_ path: String) throws -> CommitID {
    try #require(CommitID(try repository.commit(path, UUID().uuidString)))
  }

  /// A run of the checked-out branch's tip by a push.
  private func run(
    before: CommitID? = nil, newest: (CommitID, Int)? = nil, ref: String = "refs/heads/main",
    paths: [String] = ["src/**", "!**/*.md"], _ change: @escaping (inout RunSpec) -> Void = { _ in }
  ) throws -> RunRecordRead {
    let ref = try #require(RefName(ref))
    return try fixture.run(
      .init(
        steps: [Step(name: "live", run: "true")], finally: [Step(name: "tidy", run: "true")],
        change: { spec in
          spec.request.pipeline.triggers.push = PushTrigger(branches: nil, tags: nil, paths: paths, skip: nil)
          spec.request.ref = ref
          spec.request.before = before
          spec.newest = newest.map { DeployedCommit(commit: $0, run: $1) }
          spec.succeeded = spec.newest
          change(&spec)
        }))
  }

  @Test("ends as skipped, with the files that changed, before anything is checked out or run")
  func skipped() throws {
    let before = try head()
    _ = try commit("docs/a.md")
    _ = try commit("src/readme.md")
    let run = try run(before: before)
    #expect(run.end?.runState == .skipped)
    #expect(run.end?.failedStep == nil)
    #expect(
      run.end?.reason
        == "nothing in [src/**, !**/*.md] changed: 2 files, such as docs/a.md; compared with where main was before, "
        + before.short)
    #expect(run.finished(0)?.stepState == .succeeded && run.finished(0)?.commit == nil)
    #expect(run.events.filter { $0.event == .stepSkipped }.map(\.reason) == ["no path matched", "no path matched"])
    #expect(try run.log(0).contains("nothing in [src/**, !**/*.md] changed"))
    #expect(!FileManager.default.fileExists(atPath: fixture.area.workspace(of: "shop") + "/a.txt"))
  }

  @Test("is none where one file of many counts, and the log says which")
  func matching() throws {
    let before = try head()
    _ = try commit("docs/a.md")
    _ = try commit("src/deep/x.c")
    _ = try commit("zzz")
    let run = try run(before: before)
    #expect(run.end?.runState == .succeeded)
    #expect(
      try run.log(0).contains("src/deep/x.c changed, which \"src/**\" matches; compared with where main was before"))
  }

  @Test("is none where it takes back what a run that did not succeed may have left live")
  func reverted() throws {
    let good = try commit("src/x.c")
    let bad = try commit("src/x.c")
    try repository.git("revert", "--no-edit", "HEAD")
    func revert(_ unfinished: [CommitID]) throws -> RunRecordRead {
      try self.run(before: bad, newest: (good, 4)) { spec in
        spec.unfinished = unfinished.enumerated().map { DeployedCommit(commit: $1, run: 5 + $0) }
      }
    }
    #expect(try revert([]).end?.runState == .skipped)
    let reverting = try revert([bad])
    #expect(reverting.end?.runState == .succeeded)
    let words = "what run 4 deployed, \(good.short), and with what did not succeed since (run 5)"
    #expect(try reverting.log(0).contains(words))
    let unknown = try revert([try #require(CommitID(String(repeating: "a", count: 40)))])
    #expect(unknown.end?.runState == .succeeded, "what cannot be told is run")
    let many = try revert([good] + (0..<20).map { _ in bad })
    #expect(many.end?.runState == .succeeded)
    #expect(try many.log(0).contains("more than 20 commits have been begun since run 4 succeeded"))
  }

  @Test("is measured by what was deployed last, so that an earlier push's files are not forgotten")
  func deployed() throws {
    let first = try head()
    let second = try commit("src/x.c")
    _ = try commit("docs/a.md")
    // The second commit's run was superseded: only the first is live.
    let run = try run(before: second, newest: (first, 4))
    #expect(run.end?.runState == .succeeded)
    #expect(try run.log(0).contains("compared with what run 4 deployed, \(first.short)"))
    let other = try self.run(before: first, newest: (second, 5))
    #expect(other.end?.runState == .skipped)
  }

  @Test("of a new branch it is measured from where that has left the pipeline's ref")
  func newBranch() throws {
    try repository.git("checkout", "--quiet", "-b", "docs")
    _ = try commit("docs/a.md")
    try repository.git("checkout", "--quiet", "main")
    _ = try commit("src/x.c")
    try repository.git("checkout", "--quiet", "docs")
    let skipped = try run(ref: "refs/heads/docs")
    #expect(skipped.end?.runState == .skipped)
    #expect(skipped.end?.reason?.contains("1 file, docs/a.md; compared with") == true, "\(skipped.end?.reason ?? "")")
    #expect(skipped.end?.reason?.hasSuffix("where docs has left main") == true)

    _ = try commit("src/y.c")
    #expect(try run(ref: "refs/heads/docs").end?.runState == .succeeded)

    // Nothing of its own at all.
    try repository.git("checkout", "--quiet", "-b", "same", "main")
    let same = try run(ref: "refs/heads/same")
    #expect(same.end?.runState == .skipped)
    #expect(same.end?.reason?.contains("changed: no files; compared with main, from which same comes") == true)
  }

  @Test("of a forced push it is what either history changed since they parted")
  func forced() throws {
    let base = try head()
    let old = try commit("src/x.c")
    // The mirror knows it.
    _ = try fixture.run("true")
    try repository.git("reset", "--quiet", "--hard", base.hex)
    _ = try commit("docs/a.md")
    // What was in src before is taken back.
    #expect(try run(before: old).end?.runState == .succeeded)

    let documents = try head()
    try repository.git("reset", "--quiet", "--hard", base.hex)
    _ = try commit("docs/b.md")
    let run = try run(before: documents)
    #expect(run.end?.runState == .skipped)
    #expect(run.end?.reason?.contains("2 files") == true, "\(run.end?.reason ?? "")")
    // Forced back to an ancestor, which undoes what came after it.
    let later = try commit("src/y.c")
    _ = try self.run(before: nil)
    try repository.git("reset", "--quiet", "--hard", "HEAD~1")
    #expect(try self.run(before: later).end?.runState == .succeeded)
  }

  @Test("cannot be told where there is nothing to compare with: the run goes on and says so")
  func incomparable() throws {
    let gone = try #require(CommitID(String(repeating: "ab", count: 20)))
    _ = try commit("docs/a.md")
    let run = try run(before: gone)
    #expect(run.end?.runState == .succeeded)
    #expect(
      try run.log(0).contains(
        "what changed cannot be told, so all of it counts as changed: \(gone.short), where main was before, is not there any more"
      ))
    #expect(try self.run().end?.runState == .succeeded)
    // A new branch, and no ref to compare it with.
    try repository.git("checkout", "--quiet", "-b", "docs")
    let lost = try self.run(ref: "refs/heads/docs") { $0.request.pipeline.ref = RefName("refs/heads/none") }
    #expect(lost.end?.runState == .succeeded)
    #expect(try lost.log(0).contains("docs is new, and there is no none to compare it with"))
    try repository.git("checkout", "--quiet", "--orphan", "other")
    _ = try commit("docs/a.md")
    let unrelated = try self.run(ref: "refs/heads/other")
    #expect(try unrelated.log(0).contains("has no commit in common with main"))
  }

  @Test("is no matter for tags, for what a person asked for, and for a run that had begun")
  func others() throws {
    let before = try head()
    let after = try commit("docs/a.md")
    #expect(try run(before: before).end?.runState == .skipped)
    try repository.git("tag", "v1")
    let tag = try run(ref: "refs/tags/v1")
    #expect(tag.end?.runState == .succeeded)
    #expect(try tag.log(0).contains("what is said of paths does not count for it"))
    for trigger in [RunRequest.Trigger.manual, .schedule, .webhook] {
      #expect(try run(before: before) { $0.request.trigger = trigger }.end?.runState == .succeeded)
    }
    let asked = try run(before: before) {
      $0.request.trigger = .rerun
      $0.request.mayGoBack = true
    }
    #expect(asked.end?.runState == .succeeded)
    // Repeated by itself: before its commit was checked out, and after.
    #expect(try run(before: before) { $0.request.trigger = .rerun }.end?.runState == .skipped)
    #expect(try run(before: before, newest: (after, 3)) { $0.request.trigger = .rerun }.end?.runState == .succeeded)
  }
}
