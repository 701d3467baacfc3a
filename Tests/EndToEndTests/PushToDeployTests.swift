import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// The real path, with the real executables: git push → signed delivery → run → result on disk, API and CLI.
@Suite("A push becomes a finished deploy")
struct PushToDeployTests {
  /// A pipeline that writes what it sees into a folder, as a deploy would.
  static func pipeline(repo: String, live: String, extra: String = "") -> String {
    """
    name: shop
    repo: \(repo)
    on:
      push:
        branches: [main, "release/**", "!release/old/**"]
      manual: true
    \(extra)
    steps:
      - name: test
        run: test -f index.html
      - name: deploy
        run: |
          mkdir -p \(live)
          cp index.html \(live)/
          printf '%s' "$PUSHROD_COMMIT" > \(live)/commit
          git rev-parse HEAD > \(live)/head
    finally:
      - echo "ended as $PUSHROD_STATUS"
    """
  }

  @Test("over git://, the pushed commit is what runs, and everybody can read how it went")
  func overGitDaemon() throws {
    let work = try TemporaryDirectory("push")
    let repository = try GitRepository()
    try repository.write("index.html", "hello")
    let commit = try repository.commit("First")
    let daemon = try GitDaemon(root: (repository.path as NSString).deletingLastPathComponent)
    let url = daemon.url("repository")
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": Self.pipeline(repo: url, live: work.file("live"))])
    try agent.start()

    let answer = try agent.post(GitHubPush(cloneURL: url, after: commit))
    #expect(answer.status == 202)
    let number = try #require(answer.runs.first)
    let shown = try agent.finished(number)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "") \(agent.log)")
    #expect(try work.read("live/commit") == commit)
    #expect(try work.read("live/head") == commit + "\n")
    #expect(try agent.stepLog(number, "03-") == "ended as succeeded\n")
    #expect(shown.steps.map(\.name) == ["fetch", "test", "deploy", shown.steps.last?.name])

    let tail = try agent.pushrod("tail", String(number))
    #expect(tail.status == 0)
    #expect(tail.output.contains("ended as succeeded"))
    let latest = agent.area.file("data/logs/shop/latest")
    #expect(FileManager.default.fileExists(atPath: "\(latest)/events.jsonl"))
    let inbox = try agent.pushrod("inbox", "ls", "--json")
    #expect(inbox.output.contains("started"))
  }

  @Test("a later push on the same branch does not change what an earlier run builds")
  func exactlyThePushedCommit() throws {
    let work = try TemporaryDirectory("exact")
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    let first = try repository.commit("One")
    try repository.write("index.html", "two")
    let second = try repository.commit("Two")
    let url = repository.url
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": Self.pipeline(repo: url, live: work.file("live"))])
    try agent.start()
    let run = try #require(try agent.post(GitHubPush(cloneURL: url, after: first)).runs.first)
    #expect(try agent.finished(run).run.state == .succeeded)
    #expect(try work.read("live/index.html") == "one")
    let next = try #require(try agent.post(GitHubPush(cloneURL: url, before: first, after: second)).runs.first)
    #expect(try agent.finished(next).run.state == .succeeded)
    #expect(try work.read("live/index.html") == "two")
  }

  @Test("a failing step fails the run, says so in words, skips the rest and still runs finally")
  func failingStep() throws {
    let work = try TemporaryDirectory("fail")
    let repository = try GitRepository()
    try repository.write("README", "no page here")
    let commit = try repository.commit("First")
    let url = repository.url
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": Self.pipeline(repo: url, live: work.file("live"))])
    try agent.start()
    let run = try #require(try agent.post(GitHubPush(cloneURL: url, after: commit)).runs.first)
    let shown = try agent.finished(run)
    #expect(shown.run.state == .failed)
    #expect(shown.run.failedStep == "test")
    #expect(shown.run.reason?.contains("exit 1") == true)
    #expect(!FileManager.default.fileExists(atPath: work.file("live")))
    #expect(try agent.stepLog(run, "03-") == "ended as failed\n")
    #expect(try agent.pushrod("tail", String(run)).status == 1)
    #expect(try agent.pushrod("tail", "--commit", commit, "--no-follow").status == 1)
  }

  @Test("a force-push that removed the commit is a failure with its reason, never another commit")
  func removedCommit() throws {
    let work = try TemporaryDirectory("gone")
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    try repository.commit("One")
    let url = repository.url
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": Self.pipeline(repo: url, live: work.file("live"))])
    try agent.start()
    let gone = "00000000000000000000000000000000deadbeef"
    let run = try #require(try agent.post(GitHubPush(cloneURL: url, after: gone)).runs.first)
    let shown = try agent.finished(run)
    #expect(shown.run.state == .failed)
    #expect(shown.run.reason?.contains("fetch failed") == true, "\(shown.run.reason ?? "")")
    #expect(shown.run.reason?.contains("deadbeef") == true, "\(shown.run.reason ?? "")")
    #expect(!FileManager.default.fileExists(atPath: work.file("live")))
  }

  @Test("what starts nothing is answered 200 with the exact reason, and kept in the inbox")
  func reasons() throws {
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": Self.pipeline(repo: "https://github.com/acme/shop.git", live: "/nonexistent")])
    try agent.start()
    let commit = String(repeating: "a", count: 40)
    let shop = "https://github.com/acme/shop.git"
    let cases: [(GitHubPush, String)] = [
      (
        GitHubPush(cloneURL: "https://github.com/acme/blog.git", repository: "acme/blog", after: commit),
        "no pipeline for acme/blog"
      ),
      (GitHubPush(cloneURL: shop, ref: "refs/heads/dev", after: commit), "branch \\\"dev\\\" not in"),
      (GitHubPush(cloneURL: shop, ref: "refs/heads/release/old/1", after: commit), "release/old"),
      (GitHubPush(cloneURL: shop, ref: "refs/tags/v1", after: commit), "tag"),
      (GitHubPush(cloneURL: shop, before: commit, after: String(repeating: "0", count: 40)), "deleted"),
    ]
    for (push, reason) in cases {
      let answer = try agent.post(push)
      #expect(answer.status == 200)
      #expect(answer.body.contains(reason), "\(answer.body) should say \(reason)")
      #expect(answer.runs.isEmpty)
    }
    #expect(try agent.post(body: "{\"zen\":\"x\",\"hook_id\":1}", event: "ping").status == 200)
    let star = try agent.post(body: "{\"action\":\"created\"}", event: "star")
    #expect(star.status == 200)
    #expect(star.body.contains("star"))
    let inbox = try agent.pushrod("inbox", "ls", "--json")
    #expect(inbox.output.contains("no pipeline for acme/blog"))
  }

  @Test("the same delivery id gets the first answer again and starts nothing new")
  func repeatedDelivery() throws {
    let work = try TemporaryDirectory("again")
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    let commit = try repository.commit("One")
    let url = repository.url
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": Self.pipeline(repo: url, live: work.file("live"))])
    try agent.start()
    let push = GitHubPush(cloneURL: url, after: commit)
    let first = try agent.post(push, id: "one-id")
    let second = try agent.post(push, id: "one-id")
    #expect(second.status == first.status)
    #expect(second.runs == first.runs)
    #expect(
      second.answer?.reason
        == "received before, as delivery 1: started run 1 (sent again once by now; `pushrod inbox replay 1` has it run anew)"
    )
    _ = try agent.finished(try #require(first.runs.first))
    agent.kill9()
    try agent.start()
    let third = try agent.post(push, id: "one-id")
    #expect(third.runs == first.runs)
    #expect(third.answer?.reason?.contains("sent again 2 times by now") == true)
    #expect(try agent.pushrod("runs", "--json").output.components(separatedBy: "\"number\"").count == 2)
  }

  @Test("a door that stays shut tells nothing")
  func badSignatures() throws {
    let agent = try AgentUnderTest(pipelines: [:])
    try agent.start()
    let body = "{\"zen\":\"x\"}"
    let good = try hmacSHA256(body, key: agent.secret)
    let wrong = try hmacSHA256(body, key: "another")
    func post(_ signature: String?) throws -> HookResponse {
      var headers = ["Content-Type": "application/json", "X-GitHub-Event": "ping", "X-GitHub-Delivery": "x"]
      headers["X-Hub-Signature-256"] = signature
      return try agent.post(body: body, headers: headers)
    }
    #expect(try post("sha256=\(good)").status == 200)
    let answers = try [nil, "sha256=\(wrong)", "sha1=\(good)", good, "", "sha256=zz"].map(post)
    #expect(answers.allSatisfy { $0.status == 401 }, "\(answers)")
    #expect(Set(answers.map(\.body)).count == 1, "\(answers)")
    #expect(try agent.post(body: body, headers: [:], source: "nobody").status == 404)
  }
}
