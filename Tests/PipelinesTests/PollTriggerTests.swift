import Model
import Testing

@testable import Pipelines

@Suite struct PollTriggerTests {
  private func triggers(_ on: String) throws -> Triggers { try minimal(on: on).triggers }

  @Test("poll is read beside push; alone it means every branch, as push alone does")
  func reading() throws {
    let main = PushTrigger(branches: ["main"], tags: nil, skip: nil)
    let every = PushTrigger(branches: nil, tags: nil, skip: nil)
    #expect(try triggers("{push: {branches: [main]}, poll: 60s}") == Triggers(push: main, poll: 60))
    #expect(try triggers("{poll: 1m30s, push: {branches: main}}") == Triggers(push: main, poll: 90))
    #expect(try triggers("{push: , poll: 10}") == Triggers(push: every, poll: 10))
    #expect(try triggers("{poll: 1d}") == Triggers(push: every, poll: 86_400))
    #expect(try triggers("{poll: 60s, manual: true}") == Triggers(push: every, poll: 60, manual: true))
    #expect(try triggers("push").poll == nil)
  }

  @Test("an interval that is none, too short or too long is refused with its place and what to write")
  func mistaken() {
    let tooShort = "2:12 `on.poll` must be at least 10 s, not 5 s"
    #expect(mistakes(on: "{poll: 5s}")[0].hasPrefix(tooShort))
    #expect(mistakes(on: "{poll: 25h}")[0].contains("must be more than 0 and at most 24 h"))
    #expect(mistakes(on: "{poll: 0}")[0].contains("must be more than 0"))
    #expect(mistakes(on: "{poll: true}")[0].contains("a length of time"))
    #expect(mistakes(on: "{poll: }")[0].contains("a length of time"))
    #expect(mistakes(on: "{poll: {every: 60s}}")[0].contains("a length of time"))
    let word = "needs an interval | write `on: {push: {branches: [main]}, poll: 60s}`"
    #expect(mistakes(on: "poll")[0].contains(word))
    #expect(mistakes(on: "[push, poll]") == ["2:12 trigger `poll` " + word])
    #expect(mistakes(on: "{push: , pol: 60s}")[0].contains("did you mean `poll`?"))
  }

  @Test("what is watched is what a push of the same ref would start")
  func watched() throws {
    let lists: [[String]?] = [
      nil, ["main"], ["**"], ["release/*"], ["release/**", "!release/old/**"], ["v*", "!v0*", "v0.9"], ["["],
    ]
    let names = ["main", "dev", "release/1", "release/old/1", "v1", "v0.1", "v0.9", "a/b/c"]
    let address = try RepositoryURL("https://github.com/acme/shop.git")
    let commit = try #require(CommitID(String(repeating: "a1", count: 20)))
    for branches in lists {
      for tags in lists {
        let trigger = PushTrigger(branches: branches, tags: tags, skip: nil)
        let pipeline = Pipeline(name: "shop", repository: address, triggers: Triggers(push: trigger), steps: [])
        let watched = WatchedRefs(trigger)
        for ref in names.flatMap({ ["refs/heads/\($0)", "refs/tags/\($0)", "refs/pull/\($0)"] }).compactMap({
          RefName($0)
        }) {
          let push = Push(
            repository: "acme/shop", addresses: [address], ref: ref, before: commit.zeros, after: commit, created: true,
            deleted: false, forced: false, pusher: nil, message: nil)
          #expect(watched.contains(ref) == PushMatching.decide(push, pipeline).starts, "\(trigger) \(ref)")
        }
      }
    }
  }
}
