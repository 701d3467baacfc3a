import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// Durability is claimed only where a test kills the process and looks.
@Suite("What a kill -9 leaves")
struct KillTests {
  private static func pipeline(repo: String) -> String {
    """
    name: shop
    repo: \(repo)
    on: { push: { branches: [main] } }
    steps:
      - name: count
        run: |
          i=1
          while [ $i -le 30 ]; do echo "line $i"; i=$((i + 1)); sleep 0.01; done
    """
  }

  @Test("kill -9 of the agent at 50 random moments of running deploys loses no run and no line")
  func agentKilledWhileRunning() throws {
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    var commit = try repository.commit("One")
    let url = repository.url
    let agent = try AgentUnderTest(pipelines: ["shop.yml": Self.pipeline(repo: url)], name: "kill")
    var random = SeededGenerator(seed: 20_261_123)
    try agent.start()
    let whole = (1...30).map { "line \($0)\n" }.joined()
    for round in 1...50 {
      try repository.write("index.html", "round \(round)")
      let before = commit
      commit = try repository.commit("Round \(round)")
      let answer = try agent.post(GitHubPush(cloneURL: url, before: before, after: commit))
      #expect(answer.status == 202)
      let number = try #require(answer.runs.first)
      // From right after the answer to about the end of the run.
      usleep(UInt32.random(in: 0..<450_000, using: &random))
      agent.kill9()
      try agent.start()
      let shown = try agent.finished(number)
      #expect(shown.run.state == .succeeded, "round \(round): \(shown.run.reason ?? "")")
      #expect(try agent.stepLog(number, "01-") == whole, "round \(round)")
      #expect(shown.events.count(where: { $0.event == .runFinished }) == 1, "round \(round)")
    }
    let database = agent.area.file("data/pushrod.db")
    agent.kill9()
    #expect(try runChecked(["sqlite3", database, "PRAGMA integrity_check"]) == "ok")
  }

  @Test("what was answered 2xx is in the inbox after kill -9 between reading and answering")
  func agentKilledWhileAnswering() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "ack")
    var random = SeededGenerator(seed: 7)
    try agent.start()
    var acknowledged: Set<String> = []
    let body = "{\"zen\":\"x\",\"hook_id\":1}"
    let signature = try hmacSHA256(body, key: agent.secret)
    for round in 1...20 {
      // A client of its own that posts without pause and writes down each id that was answered 2xx.
      let answered = agent.area.file("answered-\(round)")
      let client = try ServerProcess(
        [
          "sh", "-c",
          """
          i=0
          while [ $i -lt 400 ]; do
            i=$((i + 1)); id="round-\(round)-$i"
            code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 --data-binary "$BODY" \
              -H 'Content-Type: application/json' -H 'X-GitHub-Event: ping' -H "X-GitHub-Delivery: $id" \
              -H "X-Hub-Signature-256: sha256=$SIGNATURE" "$URL") || exit 0
            [ "$code" = 200 ] && echo "$id" >> '\(answered)'
          done
          """,
        ],
        env: [
          "BODY": body, "SIGNATURE": signature, "URL": "http://127.0.0.1:\(agent.port)/webhook/github",
        ], output: agent.area.file("client.log"))
      usleep(UInt32.random(in: 20_000..<250_000, using: &random))
      agent.kill9()
      // The client ends by itself at the refused connection; what it noted was answered.
      let end = ContinuousClock.now + .seconds(10)
      while ContinuousClock.now < end, !client.hasExited { usleep(5_000) }
      client.stop()
      let noted = (try? String(contentsOfFile: answered, encoding: .utf8)) ?? ""
      acknowledged.formUnion(noted.split(separator: "\n").map(String.init))
      try agent.start()
    }
    agent.kill9()
    let stored = Set(
      try runChecked(["sqlite3", agent.area.file("data/pushrod.db"), "SELECT id FROM deliveries"])
        .split(separator: "\n").map(String.init))
    #expect(!acknowledged.isEmpty)
    #expect(acknowledged.isSubset(of: stored), "lost: \(acknowledged.subtracting(stored))")
  }

  @Test("a run whose runner died is interrupted, and nothing that it started lives on")
  func runnerKilled() throws {
    let work = try TemporaryDirectory("runner-kill")
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    let commit = try repository.commit("One")
    let url = repository.url
    let mark = work.file("alive")
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(url)
        on: { push: { branches: [main] } }
        steps:
          - name: long
            run: |
              while :; do date +%s%N > \(mark); sleep 0.05; done
        """
      ])
    try agent.start()
    let number = try #require(try agent.post(GitHubPush(cloneURL: url, after: commit)).runs.first)
    try waitUntil("the step runs") { FileManager.default.fileExists(atPath: mark) }
    let started = try #require(try agent.showRun(number).events.first { $0.event == .runStarted })
    kill(pid_t(try #require(started.pid)), SIGKILL)
    let shown = try agent.finished(number)
    #expect(shown.run.state == .interrupted)
    #expect(shown.run.reason?.isEmpty == false)
    try waitUntil("the step's processes are gone") {
      let seen = try? String(contentsOfFile: mark, encoding: .utf8)
      usleep(300_000)
      return seen == (try? String(contentsOfFile: mark, encoding: .utf8))
    }
  }

  @Test("SIGTERM ends the agent in seconds and leaves the run going")
  func gracefulStop() throws {
    let work = try TemporaryDirectory("term")
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    let commit = try repository.commit("One")
    let url = repository.url
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(url)
        on: { push: { branches: [main] } }
        steps:
          - touch \(work.file("begun")); sleep 2; echo done
        """
      ])
    try agent.start()
    let number = try #require(try agent.post(GitHubPush(cloneURL: url, after: commit)).runs.first)
    try waitUntil("the step runs") { FileManager.default.fileExists(atPath: work.file("begun")) }
    #expect(agent.terminate(within: 10))
    try agent.start()
    #expect(try agent.finished(number).run.state == .succeeded)
    #expect(try agent.stepLog(number, "01-") == "done\n")
  }

  @Test("a second agent on the same data refuses in words")
  func secondAgent() throws {
    let agent = try AgentUnderTest(pipelines: [:])
    try agent.start()
    let second = try run(
      ["timeout", "20", builtExecutable("pushrod"), "serve", "--config", agent.configuration],
      env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner"), "PUSHROD_SOCKET": agent.area.file("second.sock")])
    #expect(second.status != 0 && second.status != 124)
    #expect(second.errorOutput.contains("data"), "\(second.errorOutput)")
  }
}
