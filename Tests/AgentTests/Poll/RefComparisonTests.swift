import Model
import Testing

@testable import Agent

@Suite struct RefComparisonTests {
  private let main = PushTrigger(branches: ["main"], tags: nil, skip: nil)
  private let releases = PushTrigger(branches: ["main", "release/**"], tags: ["v*"], skip: nil)

  private func tip(_ name: String, _ commit: CommitID, tag: CommitID? = nil) -> RefTip {
    RefTip(ref: RefName("refs/" + name)!, commit: commit, tag: tag)
  }

  private func compare(_ tips: [RefTip], _ refs: [RefTip], _ watched: PushTrigger?, _ trigger: PushTrigger)
    -> RefComparison
  {
    RefComparison(of: tips, with: HandledRefs(refs: refs, watched: watched), watching: trigger)
  }

  @Test("at the first look everything is taken as it stands, and what is not watched is not seen")
  func firstLook() {
    let tips = [tip("heads/main", someCommit), tip("heads/dev", someCommit), tip("tags/v1", someCommit)]
    let found = compare(tips, [], nil, main)
    #expect(found.begins)
    #expect(found.firstSeen == [tips[0]])
    #expect(found.changes == [])
  }

  @Test("where a delivery told of a ref before the first look, what moved since is a push")
  func toldBefore() {
    let found = compare([tip("heads/main", someCommit)], [tip("heads/main", otherCommit)], nil, main)
    #expect(found.changes == [.moved(from: tip("heads/main", otherCommit), to: tip("heads/main", someCommit))])
    #expect(found.firstSeen == [])
  }

  @Test("nothing moved: nothing to write")
  func still() {
    let tips = [tip("heads/main", someCommit), tip("heads/dev", otherCommit)]
    let found = compare(tips, [tips[0]], main, PushTrigger(branches: ["main"], tags: nil, skip: "[skip]"))
    #expect(!found.begins)
    #expect(found.changes == [])
  }

  @Test("a ref that was looked for and was not there is new; one that was not looked for is only remembered")
  func newRefs() {
    let tips = [tip("heads/main", someCommit), tip("heads/release/1", someCommit), tip("tags/v1", someCommit)]
    #expect(compare(tips, [tips[0]], releases, releases).changes == [.created(tips[1]), .created(tips[2])])
    let widened = compare(tips, [tips[0]], main, releases)
    #expect(widened.firstSeen == [tips[1], tips[2]])
    #expect(widened.changes == [])
    let emptied = compare(tips, [], releases, releases)
    #expect(emptied.changes == tips.map { .created($0) })
  }

  @Test("a ref that is gone is deleted; one that is not watched any more is dropped, gone or not")
  func gone() {
    let refs = [tip("heads/main", someCommit), tip("heads/release/1", someCommit), tip("tags/v1", someCommit)]
    let found = compare([refs[1]], refs, releases, main)
    #expect(found.changes == [.deleted(refs[0])])
    #expect(found.dropped == [refs[1].ref, refs[2].ref])
    #expect(found.begins)
  }

  @Test("a tag that the forge named by its own id has not moved; one that names another commit has")
  func tags() {
    let seen = tip("tags/v1", someCommit, tag: otherCommit)
    #expect(compare([seen], [tip("tags/v1", otherCommit)], releases, releases).changes == [])
    #expect(compare([seen], [tip("tags/v1", someCommit)], releases, releases).changes == [])
    let third = CommitID(String(repeating: "c3", count: 20))!
    #expect(compare([seen], [tip("tags/v1", third)], releases, releases).changes.count == 1)
  }
}
