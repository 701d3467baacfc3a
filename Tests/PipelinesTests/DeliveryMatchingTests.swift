import Model
import Testing

@testable import Pipelines

/// Pushes and events together: what one delivery starts, and the line for the inbox where it starts nothing.
@Suite struct DeliveryMatchingTests {
  private func delivery(
    push branch: String? = nil, name: String = "push", source: String = "github", greeting: Bool = false
  ) throws -> SenderEvent {
    let one = try #require(CommitID(String(repeating: "1", count: 40)))
    let pushes = try branch.map { branch in
      Push(
        repository: "acme/shop", addresses: [try RepositoryURL("https://github.com/acme/shop.git")],
        ref: try #require(RefName("refs/heads/\(branch)")), before: one, after: one, created: false, deleted: false,
        forced: false, pusher: "ada", message: "Sell more")
    }
    return SenderEvent(
      source: source, name: name, pushes: pushes.map { [$0] } ?? [],
      notAPush: branch == nil && source == "github" ? (greeting ? "ping" : "event `\(name)` is not a push") : nil,
      isGreeting: greeting, fields: { .object(["action": .string("published")]) })
  }

  private func named(_ name: String, _ on: String, repo: String = "shop", ref: String = "main") throws -> Pipeline {
    try pipeline("name: \(name)\nrepo: https://github.com/acme/\(repo)\nref: \(ref)\non: \(on)\nsteps: [x]\n")
  }

  @Test("an event starts the tip of the pipeline's ref, and a push the pushed commit")
  func runs() throws {
    let both = try named("both", "{push: , webhook: {source: github, event: [push, release]}}", ref: "stable")
    let push = DeliveryMatching.decide(try delivery(push: "dev"), [both]).runs
    #expect(push.map(\.trigger) == [.push])
    #expect(push[0].ref.full == "refs/heads/dev" && push[0].commit != nil && push[0].pusher == "ada")
    let release = DeliveryMatching.decide(try delivery(name: "release"), [both]).runs
    #expect(release.map(\.trigger) == [.webhook])
    #expect(release[0].ref.full == "refs/heads/stable" && release[0].commit == nil && release[0].pusher == nil)
    #expect(release[0].before == nil && release[0].message == nil)
  }

  @Test("where the push says no, the event of it may still say yes")
  func second() throws {
    let pipeline = try named("a", "{push: {branches: [main]}, webhook: {source: github, event: push}}")
    let answer = DeliveryMatching.decide(try delivery(push: "dev"), [pipeline])
    #expect(answer.runs.map(\.trigger) == [.webhook])
    #expect(answer.decisions == [Decision(pipeline: "a", starts: true, reason: "event \"push\" matches \"push\"")])
  }

  @Test("pushes come first, then events; every pipeline has one decision, in the order of the files")
  func order() throws {
    let answer = DeliveryMatching.decide(
      try delivery(push: "main"),
      [
        try named("a", "{webhook: {source: github}}"), try named("b", "push"), try named("c", "manual"),
        try named("d", "{webhook: {source: stripe}}"),
      ])
    #expect(answer.runs.map(\.pipeline.name) == ["b", "a"])
    #expect(answer.decisions.map(\.pipeline) == ["a", "b", "c", "d"])
    #expect(answer.decisions.map(\.starts) == [true, true, false, false])
    #expect(answer.decisions[2].reason == "the pipeline is not started by pushes")
    #expect(answer.decisions[3].reason == "the pipeline listens to source \"stripe\"")
    #expect(answer.ignored == nil)
  }

  @Test(
    "why nothing starts, in one line",
    arguments: [
      ("release", nil, ["push"], "event `release` is not a push"),
      ("release", nil, [], "event `release` is not a push"),
      ("release", nil, ["{webhook: {source: stripe}}"], "event `release` is not a push"),
      ("release", nil, ["push", "{webhook: {source: github, event: x}}"], "event \"release\" not in [x]"),
      (
        "release", nil, ["{webhook: {source: github, event: x}}", "{webhook: {source: github, where: {action: y}}}"],
        "p0: event \"release\" not in [x]; p1: action is \"published\", not one of [y]"
      ),
      ("push", "dev", ["{push: {branches: [main]}}"], "branch \"dev\" not in [main]"),
      ("push", "dev", [], "no pipeline for acme/shop"),
      ("push", "dev", ["{webhook: {source: stripe}}"], "the pipeline is not started by pushes"),
      (
        "push", "dev", ["{push: {branches: [main]}, webhook: {source: github, event: x}}"],
        "branch \"dev\" not in [main]; event \"push\" not in [x]"
      ),
      (
        "push", "dev", ["{push: {branches: [main]}, webhook: {source: stripe, event: x}}"],
        "branch \"dev\" not in [main]"
      ),
      (
        "push", "dev", ["{push: {branches: [main]}}", "{webhook: {source: github, event: x}}"],
        "p0: branch \"dev\" not in [main]; p1: event \"push\" not in [x]"
      ),
    ] as [(String, String?, [String], String)])
  func ignored(name: String, branch: String?, on: [String], line: String) throws {
    let pipelines = try on.enumerated().map { try named("p\($0)", $1) }
    let answer = DeliveryMatching.decide(try delivery(push: branch, name: name), pipelines)
    #expect(answer.runs.isEmpty)
    #expect(answer.ignored == line)
    #expect(answer.decisions.count == pipelines.count)
  }

  @Test("a push that moves no branch and no tag says so first, also where pipelines listen to events of the source")
  func emptyPush() throws {
    let reason = "ref refs/notes/x is neither a branch nor a tag"
    let event = SenderEvent(
      source: "github", name: "push", pushes: [], notAPush: reason, isEmptyPush: true, isGreeting: false,
      fields: { .object([:]) })
    let listener = try named("a", "{webhook: {source: github, event: release}}")
    let answer = DeliveryMatching.decide(event, [listener, try named("b", "push")])
    #expect(answer.ignored == "\(reason); event \"push\" not in [release]")
    #expect(DeliveryMatching.decide(event, [try named("b", "push")]).ignored == reason)
    let both = try named("c", "{push: , webhook: {source: github, event: release}}")
    #expect(DeliveryMatching.decide(event, [both]).ignored == "\(reason); event \"push\" not in [release]")
    #expect(DeliveryMatching.decide(event, [try named("d", "{webhook: {source: github}}")]).ignored == nil)
  }

  @Test("an event that nobody listens to says so")
  func nobody() throws {
    let answer = DeliveryMatching.decide(
      try delivery(name: "invoice.paid", source: "stripe"), [try named("a", "push"), try named("b", "manual")])
    #expect(answer.ignored == "no pipeline listens to source \"stripe\"")
    #expect(
      answer.decisions.map(\.reason) == [
        "the pipeline is started by pushes, and this is none", "the pipeline is not started by events",
      ])
  }

  @Test("a greeting starts nothing, whatever pipelines say")
  func greeting() throws {
    let answer = DeliveryMatching.decide(
      try delivery(name: "ping", greeting: true), [try named("a", "{webhook: {source: github}}")])
    #expect(answer.runs.isEmpty)
    #expect(answer.ignored == "ping")
    #expect(answer.decisions == [Decision(pipeline: "a", starts: false, reason: "ping")])
  }
}
