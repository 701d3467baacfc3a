import Model
import Testing

@testable import Pipelines

/// The exact words in which a push is told why.
@Suite struct PushMatchingTests {
  private func push(
    _ ref: String = "refs/heads/main", repository: String = "acme/shop",
    addresses: [String] = ["https://github.com/acme/shop.git", "git@github.com:acme/shop.git"],
    deleted: Bool = false, message: String? = "Fix the basket"
  ) throws -> Push {
    let zero = try #require(CommitID(String(repeating: "0", count: 40)))
    let one = try #require(CommitID(String(repeating: "1", count: 40)))
    return Push(
      repository: repository, addresses: try addresses.map { try RepositoryURL($0) }, ref: try #require(RefName(ref)),
      before: deleted ? one : zero, after: deleted ? zero : one, created: false, deleted: deleted, forced: false,
      pusher: "ada", message: message)
  }

  private func decision(
    _ on: String, _ push: Push, repo: String = "https://github.com/acme/shop.git"
  ) throws -> Decision {
    PushMatching.decide(push, try pipeline("repo: \(repo)\non: \(on)\nsteps: [make]\n"))
  }

  @Test(
    "branches",
    arguments: [
      ("push", "refs/heads/dev", true, "branch \"dev\": every branch matches"),
      ("{push: }", "refs/heads/dev", true, "branch \"dev\": every branch matches"),
      ("{push: {branches: [main]}}", "refs/heads/main", true, "branch \"main\" matches \"main\""),
      ("{push: {branches: main}}", "refs/heads/main", true, "branch \"main\" matches \"main\""),
      ("{push: {branches: [main]}}", "refs/heads/dev", false, "branch \"dev\" not in [main]"),
      (
        "{push: {branches: [main, \"release/**\", \"!release/old/**\"]}}", "refs/heads/release/old/1", false,
        "branch \"release/old/1\" excluded by \"!release/old/**\""
      ),
      (
        "{push: {tags: [\"v*\"]}}", "refs/heads/main", false,
        "branch \"main\" is not a match: only tags in [v*] start the pipeline"
      ),
      ("{push: {branches: [main], tags: [\"v*\"]}}", "refs/heads/dev", false, "branch \"dev\" not in [main]"),
      ("{manual: true}", "refs/heads/main", false, "the pipeline is not started by pushes"),
      ("push", "refs/notes/commits", false, "refs/notes/commits is neither a branch nor a tag"),
      ("push", "refs/pull/7/head", false, "refs/pull/7/head is neither a branch nor a tag"),
    ])
  func branches(on: String, ref: String, starts: Bool, reason: String) throws {
    let decision = try decision(on, push(ref))
    #expect(decision.starts == starts)
    #expect(decision.reason == reason)
  }

  @Test(
    "tags",
    arguments: [
      ("push", false, "tag \"x\" is not a match: only branches in [**] start the pipeline"),
      ("{push: {branches: [main]}}", false, "tag \"x\" is not a match: only branches in [main] start the pipeline"),
      ("{push: {tags: [\"v*\"]}}", false, "tag \"x\" not in [v*]"),
      ("{push: {tags: [\"*\"]}}", true, "tag \"x\" matches \"*\""),
      ("{push: {tags: [\"**\", \"!x\"]}}", false, "tag \"x\" excluded by \"!x\""),
    ])
  func tags(on: String, starts: Bool, reason: String) throws {
    let decision = try decision(on, push("refs/tags/x"))
    #expect(decision.starts == starts)
    #expect(decision.reason == reason)
  }

  @Test("a deletion starts nothing, whatever matches")
  func deletion() throws {
    #expect(try decision("push", push("refs/heads/x", deleted: true)).reason == "refs/heads/x was deleted")
    #expect(
      try decision("{push: {tags: [\"**\"]}}", push("refs/tags/v1", deleted: true)).reason == "refs/tags/v1 was deleted"
    )
  }

  @Test("a commit message can ask to be skipped")
  func skip() throws {
    let on = "{push: {branches: [main], skip: \"[skip deploy]\"}}"
    #expect(
      try decision(on, push(message: "Typo [skip deploy]\n")).reason
        == "the commit message contains \"[skip deploy]\"")
    #expect(try decision(on, push(message: "Typo")).starts)
    #expect(try decision(on, push(message: nil)).starts)
    // The branch is the older rule.
    #expect(try decision(on, push("refs/heads/dev", message: "[skip deploy]")).reason == "branch \"dev\" not in [main]")
  }

  @Test(
    "one repository has many addresses",
    arguments: [
      "https://github.com/Acme/Shop", "ssh://git@github.com/acme/shop.git", "git@github.com:acme/shop.git",
      "https://github.com:443/acme/shop/",
    ])
  func identity(repo: String) throws {
    #expect(try decision("push", push(), repo: repo).starts)
  }

  @Test("another repository is named, by its host where the names are the same")
  func otherRepository() throws {
    #expect(
      try decision("push", push(), repo: "https://github.com/acme/blog.git").reason
        == "repository is acme/shop, the pipeline's is acme/blog")
    #expect(
      try decision("push", push(), repo: "https://gitlab.com/acme/shop.git").reason
        == "repository is github.com/acme/shop, the pipeline's is gitlab.com/acme/shop")
  }

  @Test(
    "a push without any address is told by project and name, at the end of the configured address",
    arguments: [
      ("https://git.example.org/scm/acme/shop.git", true), ("ssh://git@git.example.org:7999/acme/shop.git", true),
      ("https://git.example.org/scm/ACME/Shop", true), ("https://git.example.org/scm/acme/blog.git", false),
      ("https://git.example.org/scm/tools/shop.git", false), ("https://git.example.org/acme/shop/wiki.git", false),
      ("https://git.example.org/shop.git", false), ("https://git.example.org/scm/anacme/shop.git", false),
    ])
  func withoutAddress(repo: String, starts: Bool) throws {
    let decision = try decision("push", push(repository: "ACME/shop", addresses: []), repo: repo)
    #expect(decision.starts == starts)
    guard !starts else { return }
    #expect(
      decision.reason.hasPrefix(
        "repository is ACME/shop (the payload has no address of it, so only this name is compared), the pipeline's is ")
    )
  }

  @Test("a name alone is not compared where there is an address, and the inbox says where there is none")
  func names() throws {
    let elsewhere = try push(repository: "acme/shop", addresses: ["https://git.example.org/scm/acme/shop.git"])
    #expect(try !decision("push", elsewhere).starts)
    #expect(
      PushMatching.decide(try push(repository: "ACME/shop", addresses: []), []).ignored
        == "no pipeline for ACME/shop (the payload has no address of it, so only this name is compared)")
  }

  @Test("the inbox says why nothing starts, in one line about the push's own repository")
  func ignored() throws {
    func named(_ name: String, repo: String, branch: String) throws -> Pipeline {
      try pipeline(
        "name: \(name)\nrepo: https://github.com/acme/\(repo)\non: {push: {branches: [\(branch)]}}\nsteps: [x]\n")
    }
    let blog = try named("blog", repo: "blog", branch: "main")
    let shop = try named("shop", repo: "shop", branch: "main")
    let docs = try named("docs", repo: "shop", branch: "docs")
    let dev = try push("refs/heads/dev")
    #expect(PushMatching.decide(dev, []).ignored == "no pipeline for acme/shop")
    #expect(PushMatching.decide(dev, [blog]).ignored == "no pipeline for acme/shop")
    #expect(PushMatching.decide(dev, [blog, shop]).ignored == "branch \"dev\" not in [main]")
    #expect(
      PushMatching.decide(dev, [blog, shop, docs]).ignored
        == "shop: branch \"dev\" not in [main]; docs: branch \"dev\" not in [docs]")
    let main = PushMatching.decide(try push(), [blog, shop, docs])
    #expect(main.ignored == nil)
    #expect(main.decisions.map(\.pipeline) == ["blog", "shop", "docs"])
    #expect(main.decisions.map(\.starts) == [false, true, false])
  }

  @Test("text from a payload is escaped and bounded where it is shown")
  func hostileText() throws {
    let evil = "evil\u{1b}[2J\n" + String(repeating: "x", count: 5_000)
    let reason = PushMatching.decide(try push(repository: evil), []).ignored ?? ""
    #expect(reason.utf8.count < 200)
    #expect(reason.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    let branch = "refs/heads/b\u{202e}" + String(repeating: "y", count: 900)
    let other = try decision("{push: {branches: [main]}}", push(branch)).reason
    #expect(other.count < 300)
    #expect(!other.unicodeScalars.contains("\u{202e}"))
  }
}
