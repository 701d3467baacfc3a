import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// `pushrod inbox` against a real agent: what a person sees and can do.
@Suite("The inbox")
struct InboxTests {
  private static func pipeline(repo: String, branch: String = "main") -> String {
    """
    name: shop
    repo: \(repo)
    on: { push: { branches: [\(branch)] } }
    steps:
      - cat index.html
    """
  }

  @Test("a replay runs the commit of then, though the branch has moved, and can be followed")
  func replay() throws {
    let repository = try GitRepository()
    try repository.write("index.html", "the first page\n")
    let first = try repository.commit("First")
    let agent = try AgentUnderTest(pipelines: ["shop.yml": Self.pipeline(repo: repository.url)])
    try agent.start()
    let answer = try agent.post(GitHubPush(cloneURL: repository.url, after: first))
    #expect(answer.answer?.reason == "started run 1")
    #expect(try agent.finished(1).run.state == .succeeded)
    try repository.write("index.html", "the second page\n")
    try repository.commit("Second")

    let replay = try agent.pushrod("inbox", "replay", "1", "--follow")

    #expect(replay.status == 0, "\(replay.errorOutput)")
    #expect(replay.output.contains("delivery 2, a replay of 1: started run 2"))
    #expect(replay.output.contains("the first page"))
    #expect(try agent.showRun(2).run.request.commit?.hex == first)
    let listing = try agent.pushrod("inbox").output
    #expect(listing.contains("replay of 1"), "\(listing)")
    #expect(try agent.pushrod("inbox", "show", "1").output.contains("replayed as  2"))
    #expect(try agent.pushrod("inbox", "ls", "--verdict", "ignored").errorOutput == "no deliveries\n")
    let json = try agent.pushrod("inbox", "replay", "1", "--json")
    #expect(json.output.contains("\"replay_of\":1"), "\(json.output)")
  }

  @Test("a replayed run that fails is the exit code, and what starts nothing says why")
  func outcomes() throws {
    let repository = try GitRepository()
    try repository.write("README", "no page\n")
    let commit = try repository.commit("First")
    let agent = try AgentUnderTest(pipelines: ["shop.yml": Self.pipeline(repo: repository.url)])
    try agent.start()
    try agent.post(GitHubPush(cloneURL: repository.url, after: commit))
    try agent.post(GitHubPush(cloneURL: repository.url, ref: "refs/heads/dev", after: commit))

    let failing = try agent.pushrod("inbox", "replay", "1", "--follow")
    let ignored = try agent.pushrod("inbox", "replay", "2", "--follow")

    #expect(failing.status == 1)
    #expect(ignored.status == 0)
    #expect(ignored.output == #"delivery 4, a replay of 2: ignored: branch "dev" not in [main]"#)
  }

  @Test("what cannot be replayed is said in words")
  func refusals() throws {
    let agent = try AgentUnderTest(pipelines: [:])
    try agent.start()
    _ = try agent.post(body: "{}", headers: ["X-GitHub-Event": "ping", "X-GitHub-Delivery": "bad"])
    #expect(try agent.pushrod("inbox").output.contains("rejected"))

    let rejected = try agent.pushrod("inbox", "replay", "1")
    let missing = try agent.pushrod("inbox", "replay", "77")
    let word = try agent.pushrod("inbox", "replay", "newest")

    #expect(rejected.status == 1)
    #expect(rejected.errorOutput.contains("delivery 1 was rejected"), "\(rejected.errorOutput)")
    #expect(missing.status == 1)
    #expect(missing.errorOutput.contains("there is no delivery 77 in the inbox"), "\(missing.errorOutput)")
    #expect(word.status == 2)
  }

  @Test("a delivery that the inbox has printed is explained by today's pipelines, without the agent")
  func explain() throws {
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": Self.pipeline(repo: "https://github.com/acme/shop.git")], settings: "compare_tips: off")
    try agent.start()
    try agent.post(
      GitHubPush(
        cloneURL: "https://github.com/acme/shop.git", ref: "refs/heads/dev", after: String(repeating: "2", count: 40)))
    try agent.area.write("1.json", try agent.pushrod("inbox", "show", "1", "--json").output)
    try agent.area.write("all.json", try agent.pushrod("inbox", "ls", "--json").output)
    agent.kill9()
    let file = agent.area.file("1.json")

    let explained = try agent.pushrod("inbox", "explain", file, "--config", agent.configuration)
    #expect(explained.status == 0, "\(explained.errorOutput)")
    #expect(explained.output.contains("source     github"), "\(explained.output)")
    #expect(explained.output.contains(#"shop  does not start: branch "dev" not in [main]"#), "\(explained.output)")
    #expect(try agent.pushrod("explain", file, "--config", agent.configuration).output == explained.output)

    let unknown = try agent.pushrod("inbox", "explain", file, "--pipelines", agent.area.file("pipelines"))
    #expect(unknown.status == 2 && unknown.errorOutput.contains("say it with --sender"), "\(unknown.errorOutput)")
    let listing = try agent.pushrod("inbox", "explain", agent.area.file("all.json"), "--config", agent.configuration)
    #expect(listing.status == 2 && listing.errorOutput.contains("is no delivery"), "\(listing.errorOutput)")
    #expect(try agent.pushrod("inbox", "explain", file, "--body", file).status == 2)
    #expect(try agent.pushrod("inbox", "explain").status == 2)
  }

  @Test("kill -9 in the middle of pruning leaves a sound store, and every id known")
  func killedWhilePruning() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "prune")
    try agent.start()
    let count = 3_000
    let body = "{\"zen\":\"\(String(repeating: "x", count: 6_000))\"}"
    let signature = "sha256=\(try hmacSHA256(body, key: agent.secret))"
    let poster = """
      import http.client, sys
      body, port, first, last = sys.stdin.read(), *map(int, sys.argv[2:5])
      connection = http.client.HTTPConnection("127.0.0.1", port)
      for number in range(first, last + 1):
          connection.request("POST", "/webhook/github", body, {"Content-Type": "application/json",
              "X-GitHub-Event": "ping", "X-GitHub-Delivery": f"id-{number}", "X-Hub-Signature-256": sys.argv[1]})
          answer = connection.getresponse()
          print(answer.status, answer.read().decode())
      """
    func post(_ range: ClosedRange<Int>) throws -> [String] {
      try runChecked(
        ["python3", "-c", poster, signature, "\(agent.port)", "\(range.lowerBound)", "\(range.upperBound)"],
        input: Array(body.utf8)
      ).components(separatedBy: "\n")
    }
    #expect(try post(1...count).allSatisfy { $0.hasPrefix("200 ") })
    agent.kill9()
    let file = try String(contentsOfFile: agent.configuration, encoding: .utf8)
    try (file + "\ninbox: { keep: 5 }\n").write(toFile: agent.configuration, atomically: true, encoding: .utf8)

    let database = agent.area.file("data/pushrod.db")
    var random = SeededGenerator(seed: 5)
    var left = [count]
    while left.last != 5, left.count < 60 {
      try agent.start()
      usleep(UInt32.random(in: 0..<30_000, using: &random))
      agent.kill9()
      #expect(try runChecked(["sqlite3", database, "PRAGMA integrity_check"]) == "ok")
      left.append(try #require(Int(try runChecked(["sqlite3", database, "SELECT count(*) FROM deliveries"]))))
    }

    #expect(left.contains { (6..<count).contains($0) }, "no kill came in the middle: \(left)")
    #expect(left.last == 5, "\(left)")
    try agent.start()
    let again = try post(1...count)
    #expect(again.allSatisfy { $0.hasPrefix("200 ") && $0.contains("received before, as delivery") })
    #expect(again.filter { $0.contains("no longer in the inbox") }.count == count - 5)
  }
}
