import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// What comparing tips makes of everything that may have happened to refs while the agent was away.
@Suite("Fault 18: refs that were moved, removed and made while nobody was told")
struct Fault18_RefsTests {
  private static let every = "push: { branches: [\"**\"], tags: [\"**\"] }"

  private static func agent(_ repository: String, on: String = every) throws -> AgentUnderTest {
    try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(repository)
        on: { \(on) }
        steps:
          - name: what
            run: |
              echo "$PUSHROD_REF $PUSHROD_COMMIT"
              git rev-parse HEAD
        """
      ], name: "fault18")
  }

  private func began(_ agent: AgentUnderTest) throws {
    try waitUntil("the tips are compared") { agent.log.contains("poll_began") }
  }

  /// kill -9, what happens meanwhile, and the next agent.
  private func away(_ agent: AgentUnderTest, _ meanwhile: () throws -> Void) throws {
    agent.kill9()
    try meanwhile()
    try agent.start()
  }

  private struct Runs: Decodable { var runs: [Run] }

  /// Once there are `count` of them, all at their end, and the tips have been compared.
  private func runs(_ agent: AgentUnderTest, _ count: Int) throws -> [Run] {
    func all() throws -> [Run] {
      let result = try agent.pushrod("runs", "--json")
      guard result.status == 0 else { return [] }
      return try JSON.decoder().decode(Runs.self, from: Data(result.stdout)).runs.reversed()
    }
    let doctor = { try agent.pushrod("doctor", "--config", agent.configuration).output }
    try waitUntil("the tips are compared") { try doctor().contains(": asked ") }
    try waitUntil("\(count) runs") { try all().count >= count && all().allSatisfy { $0.state.isFinal } }
    return try all()
  }

  @Test(
    "a force-push takes a commit away: it is never built, what stands there now is; its late delivery fails in words")
  func forcePush() throws {
    let repository = try GitRepository()
    let first = try repository.commit("index.html", "one")
    let agent = try Self.agent(repository.url)
    try agent.start()
    try began(agent)
    var (removed, present) = ("", "")
    try away(agent) {
      removed = try repository.commit("index.html", "two")
      try repository.git("reset", "--quiet", "--hard", first)
      present = try repository.commit("index.html", "three")
      try repository.git("reflog", "expire", "--expire=now", "--all")
      try repository.git("gc", "--quiet", "--prune=now")
    }
    #expect(try runs(agent, 1).map(\.request.commit?.hex) == [present])
    #expect(try agent.stepLog(1, "01-") == "refs/heads/main \(present)\n\(present)\n")

    #expect(try agent.post(GitHubPush(cloneURL: repository.url, before: first, after: removed)).status == 202)
    let late = try agent.finished(2).run
    #expect(late.state == .failed)
    #expect(late.reason?.contains(removed.prefix(8)) == true, "\(late.reason ?? "")")
    #expect(late.steps(agent).isEmpty)
    // The last that was said of main is not so, and nothing was done by it: what stands there is live, and not run again.
    try away(agent) {}
    var fourth = ""
    try away(agent) { fourth = try repository.commit("index.html", "four") }
    #expect(try runs(agent, 3).map(\.request.commit?.hex) == [present, removed, fourth])
  }

  @Test("a deleted branch starts nothing and is told of in the inbox; made anew, it is a push")
  func deletion() throws {
    let repository = try GitRepository()
    try repository.commit("index.html", "one")
    try repository.git("branch", "feature")
    let agent = try Self.agent(repository.url)
    try agent.start()
    try began(agent)
    try away(agent) { try repository.git("branch", "--quiet", "-D", "feature") }
    try waitUntil("the inbox tells of it") {
      try agent.pushrod("inbox").output.contains("ignored: refs/heads/feature was deleted")
    }
    #expect(try runs(agent, 0).isEmpty)
    try away(agent) { try repository.git("branch", "feature") }
    let again = try runs(agent, 1)
    #expect(again.map(\.request.ref.full) == ["refs/heads/feature"])
    #expect(again.map(\.state) == [.succeeded])
  }

  @Test("new branches and tags are pushes, each of its own commit; of an annotated tag it is the commit behind it")
  func newRefs() throws {
    let repository = try GitRepository()
    let first = try repository.commit("index.html", "one")
    let agent = try Self.agent(repository.url)
    try agent.start()
    try began(agent)
    var second = ""
    try away(agent) {
      try repository.git("checkout", "--quiet", "-b", "feature")
      second = try repository.commit("index.html", "two")
      try repository.git("tag", "light", first)
      try repository.git("tag", "--annotate", "-m", "One", "v1", first)
    }
    let found = try runs(agent, 3)
    let seen = Dictionary(
      uniqueKeysWithValues: try found.map { ($0.request.ref.full, try agent.stepLog($0.number, "01-")) })
    #expect(
      seen == [
        "refs/heads/feature": "refs/heads/feature \(second)\n\(second)\n",
        "refs/tags/light": "refs/tags/light \(first)\n\(first)\n",
        "refs/tags/v1": "refs/tags/v1 \(first)\n\(first)\n",
      ])
    #expect(found.map(\.state) == [.succeeded, .succeeded, .succeeded])
    try away(agent) {}
    #expect(try runs(agent, 3).count == 3)
  }

  @Test(
    "an empty repository is no error, and its first push is found; one that becomes empty is in trouble, and nothing is forgotten"
  )
  func empty() throws {
    let repository = try GitRepository()
    let agent = try Self.agent(repository.url)
    try agent.start()
    try began(agent)
    var first = ""
    try away(agent) { first = try repository.commit("index.html", "one") }
    #expect(try runs(agent, 1).map(\.request.commit?.hex) == [first])

    let aside = repository.path + ".aside"
    try away(agent) {
      try FileManager.default.moveItem(atPath: repository.path, toPath: aside)
      try GitRepository.git(["init", "--quiet", repository.path], in: nil)
    }
    try waitUntil("doctor tells of it") {
      try agent.pushrod("doctor", "--config", agent.configuration).output.contains("shows neither branches nor tags")
    }
    try away(agent) {
      try FileManager.default.removeItem(atPath: repository.path)
      try FileManager.default.moveItem(atPath: aside, toPath: repository.path)
    }
    #expect(try runs(agent, 1).count == 1)
  }

  @Test("a commit whose submodule is gone fails in words, and no older one is built in its place")
  func submodule() throws {
    let part = try GitRepository()
    try part.commit("part.txt", "part")
    let repository = try GitRepository()
    try repository.commit("index.html", "one")
    let agent = try Self.agent(repository.url)
    try agent.start()
    try began(agent)
    var second = ""
    try away(agent) {
      try repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", part.url, "part")
      second = try repository.commit("with a part")
      try FileManager.default.removeItem(atPath: part.path)
    }
    let found = try runs(agent, 1)
    #expect(found.map(\.request.commit?.hex) == [second])
    #expect(found.map(\.state) == [.failed])
    #expect(found.first?.reason?.contains("part") == true, "\(found.first?.reason ?? "")")
    #expect(found.first?.steps(agent).isEmpty == true)
    try away(agent) {}
    #expect(try runs(agent, 1).count == 1)
  }
}

extension Run {
  /// The pipeline's own steps that began; fetching is none of them.
  fileprivate func steps(_ agent: AgentUnderTest) -> [RunEvent] {
    ((try? agent.showRun(number))?.events ?? []).filter { $0.event == .stepStarted && $0.step != 0 }
  }
}
