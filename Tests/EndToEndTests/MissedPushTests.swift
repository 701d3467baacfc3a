import EndToEndSupport
import Foundation
import Model
import Synchronization
import TestSupport
import Testing

/// Pipelines that pushes start, without `on.poll`: what no delivery told of is found by comparing tips.
@Suite("A push whose delivery never came")
struct MissedPushTests {
  private static func pipeline(_ repository: String, name: String = "shop", on: String = "push: { branches: [main] }")
    -> String
  {
    """
    name: \(name)
    repo: \(repository)
    on: { \(on) }
    steps:
      - name: what
        run: printf '%s\\n' "$PUSHROD_COMMIT"
    """
  }

  private static func agent(_ repository: String, settings: String = "", source: String = "") throws -> AgentUnderTest {
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": pipeline(repository)], settings: settings, source: source, name: "missed")
    try agent.area.write("github.token", "t0ken\n", mode: 0o600)
    return agent
  }

  /// The refs are remembered as they stand.
  private func began(_ agent: AgentUnderTest) throws {
    try waitUntil("the tips are compared") { agent.log.contains("poll_began") }
  }

  private struct Runs: Decodable { var runs: [Run] }

  private func runs(_ agent: AgentUnderTest) throws -> [Run] {
    let result = try agent.pushrod("runs", "--json")
    guard result.status == 0 else { return [] }
    return try JSON.decoder().decode(Runs.self, from: Data(result.stdout)).runs.reversed()
  }

  private struct Status: Decodable {
    var polls: [Poll]?
    struct Poll: Decodable {
      var url: String
      var comparedAt: Date?
      var error: String?
    }
  }

  private func compared(_ agent: AgentUnderTest) throws {
    try waitUntil("the tips are compared") {
      let result = try run(["curl", "-sS", "--unix-socket", agent.socket, "http://localhost/api/status"])
      let status = try JSON.decoder().decode(Status.self, from: Data(result.stdout))
      return status.polls?.isEmpty == false && status.polls?.allSatisfy { $0.comparedAt != nil } == true
    }
  }

  @Test("it was made while the agent was away: it runs, it is marked, and its late delivery starts nothing")
  func away() throws {
    let repository = try GitRepository()
    let first = try repository.commit("index.html", "one")
    let agent = try Self.agent(repository.url)
    try agent.start()
    try began(agent)
    agent.kill9()
    let second = try repository.commit("index.html", "two")
    try agent.start()

    let shown = try agent.finished(1)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
    #expect(try agent.stepLog(1, "01-") == "\(second)\n")
    #expect(shown.run.request.trigger == .poll)
    #expect(shown.run.request.before?.hex == first)
    #expect(try agent.pushrod("show", "1").output.contains("by a push found by comparing tips (delivery 1)"))
    #expect(try agent.pushrod("runs").output.contains("found by comparing tips"))
    #expect(try agent.pushrod("inbox").output.contains("started run 1, found by comparing tips"))

    let late = try agent.post(GitHubPush(cloneURL: repository.url, before: first, after: second))
    #expect(late.status == 200)
    #expect(late.answer?.reason == "commit \(second.prefix(8)) of main was already handled by delivery 1 (source poll)")
    agent.kill9()
    try agent.start()
    try compared(agent)
    #expect(try runs(agent).count == 1)
  }

  @Test("it was lost while the agent was up: the timer finds it; `compare_tips: off` does not")
  func timer() throws {
    let repository = try GitRepository()
    try repository.commit("index.html", "one")
    let agent = try Self.agent(repository.url, settings: "compare_tips: 10s")
    let off = try Self.agent(repository.url, settings: "compare_tips: off")
    try agent.start()
    try off.start()
    try began(agent)
    let second = try repository.commit("index.html", "two")
    try waitUntil("the push is found", within: 60) { try runs(agent).count == 1 }
    #expect(try agent.finished(1).run.request.commit?.hex == second)
    #expect(try runs(off).isEmpty)
    off.kill9()
    try off.start()
    #expect(try off.pushrod("doctor", "--config", off.configuration).output.contains("answers on"))
    #expect(!off.log.contains("poll_began"))
    #expect(try runs(off).isEmpty)
  }

  @Test("kill -9 between delivery and look, both ways round: one run")
  func killedBetween() throws {
    let repository = try GitRepository()
    var commit = try repository.commit("index.html", "0")
    let agent = try Self.agent(repository.url)
    try agent.start()
    try began(agent)
    for round in 1...4 {
      let before = commit
      let isDeliveredFirst = round.isMultiple(of: 2)
      if !isDeliveredFirst { agent.kill9() }
      commit = try repository.commit("index.html", "\(round)")
      let push = GitHubPush(cloneURL: repository.url, before: before, after: commit)
      if isDeliveredFirst {
        #expect(try agent.post(push).status == 202)
        agent.kill9()
      }
      try agent.start()
      try waitUntil("push \(round) runs") { try runs(agent).count == round }
      if !isDeliveredFirst {
        agent.kill9()
        try agent.start()
        #expect(try agent.post(push).status == 200)
      }
      try compared(agent)
      _ = try agent.finished(round)
    }
    #expect(try runs(agent).map(\.request.trigger) == [.poll, .push, .poll, .push])
  }

  @Test("kill -9 at any moment of finding it: it runs, once")
  func killedWhileFinding() throws {
    let repository = try GitRepository()
    try repository.commit("index.html", "0")
    let agent = try Self.agent(repository.url)
    try agent.start()
    try began(agent)
    var random = SeededGenerator(seed: 18)
    for round in 1...6 {
      agent.kill9()
      let commit = try repository.commit("index.html", "\(round)")
      for _ in 1...3 {
        try agent.start()
        usleep(useconds_t.random(in: 0...120_000, using: &random))
        agent.kill9()
      }
      try agent.start()
      try waitUntil("push \(round) runs") { try runs(agent).count >= round }
      try compared(agent)
      let found = try runs(agent)
      #expect(found.count == round)
      #expect(found.last?.request.commit?.hex == commit)
      _ = try agent.finished(round)
    }
  }

  @Test("what a relay could not hand over is found when it is connected again, without waiting for the timer")
  func relay() throws {
    let repository = try GitRepository()
    try repository.commit("index.html", "one")
    let isOpen = try TemporaryDirectory("relay")
    let relay = try EventStreamServer { subscriber in
      guard FileManager.default.fileExists(atPath: isOpen.file("open")) else { return }
      try subscriber.open()
      try subscriber.send("event: ready\ndata: {}\n\n")
      subscriber.connection.waitUntilGone()
    }
    let agent = try Self.agent(repository.url, source: "relay: \(relay.url)")
    try agent.start()
    try began(agent)
    try waitUntil("the relay is not connected") { agent.log.contains("relay_lost") }
    try repository.commit("index.html", "two")
    #expect(try runs(agent).isEmpty)
    try isOpen.write("open", "")
    try waitUntil("the push is found", within: 60) { try runs(agent).count == 1 }
    #expect(agent.log.contains("relay_connected"))
    #expect(try agent.finished(1).run.request.trigger == .poll)
  }

  @Test("a repository that cannot be asked is told of once, and in doctor; the others are compared")
  func unreachable() throws {
    let repository = try GitRepository()
    try repository.commit("index.html", "one")
    let agent = try Self.agent(repository.url)
    try agent.area.write("pipelines/gone.yml", Self.pipeline("file:///nonexistent/gone.git", name: "gone"))
    let settings = try agent.area.read("pushrod.yml")
    try agent.area.write(
      "pushrod.yml", settings.replacingOccurrences(of: "file, http]", with: "file]") + "\ncompare_tips: 10s\n")
    try agent.start()
    try began(agent)
    try waitUntil("the error is told") { agent.log.contains("poll_failed") }
    let doctor = try agent.pushrod("doctor", "--config", agent.configuration).output
    #expect(doctor.contains("file:///nonexistent/gone.git: asked just now, and that came to nothing: "), "\(doctor)")
    try repository.commit("index.html", "two")
    try waitUntil("the push is found", within: 60) { try runs(agent).count == 1 }
    // By then the other one has been asked at least twice.
    #expect(agent.log.components(separatedBy: "poll_failed").count == 2)
  }

  @Test("GitHub delivers again what it could not: a push that has been found starts nothing, another event does")
  func redelivery() throws {
    let repository = try GitRepository()
    let first = try repository.commit("index.html", "one")
    let posts = Posts()
    let github = try HookDeliveryServer { posts.deliver($0) }
    github.change { $0.hooks = [(7, "https://deploy.example.org/webhook/github")] }
    let agent = try Self.agent(
      repository.url, settings: "public_url: https://deploy.example.org",
      source: "redeliver: { repository: acme/shop, token: { file: github.token }, api: \"\(github.api)\" }")
    try agent.area.write(
      "pipelines/release.yml",
      Self.pipeline(repository.url, name: "release", on: "webhook: { source: github, event: release }"))
    try agent.start()
    try began(agent)
    agent.kill9()
    // Three pushes and a release that nobody took.
    var commits = [first]
    for number in 2...4 { commits.append(try repository.commit("index.html", "\(number)")) }
    for (number, (before, after)) in zip(commits, commits.dropFirst()).enumerated() {
      posts.add(
        "push-\(number)", GitHubPush(cloneURL: repository.url, before: before, after: after).json, event: "push")
    }
    posts.add(
      "release-0",
      #"{"action":"published","repository":{"full_name":"acme/shop","clone_url":"\#(repository.url)"}}"#,
      event: "release")
    github.change { behaviour in
      behaviour.attempts = (0...2).map {
        .init(id: 10 + $0, guid: "push-\($0)", hook: 7, age: 300 - Double($0), status: 0)
      }
      behaviour.attempts.append(.init(id: 20, guid: "release-0", hook: 7, age: 200, event: "release", status: 0))
    }
    try agent.start()
    posts.agent(at: agent.port, secret: agent.secret)

    try waitUntil("everything was delivered again", within: 60) { posts.answers.count == 4 }
    #expect(github.asked == [10, 11, 12, 20])
    let answers = posts.answers
    #expect(answers["release-0"]?.status == 202)
    for id in ["push-0", "push-1"] {
      #expect(answers[id]?.status == 200)
      #expect(answers[id]?.answer?.reason?.contains("has been compared since this was first sent") == true)
    }
    #expect(answers["push-2"]?.answer?.reason?.contains("was already handled by delivery 1 (source poll)") == true)
    let started = try runs(agent)
    #expect(started.map(\.request.pipeline.name) == ["shop", "release"])
    #expect(started.first?.request.commit?.hex == commits.last)
    let doctor = { try agent.pushrod("doctor", "--config", agent.configuration).output }
    try waitUntil("doctor tells of it") {
      try doctor().contains("failed deliveries of acme/shop: looked for just now, 4 asked for again.")
    }
    #expect(agent.terminate(within: 10))
  }
}

/// What GitHub posts to the agent's webhook when it is asked for a delivery again.
private final class Posts: Sendable {
  private struct Delivery {
    var body: String
    var event: String
  }

  private struct State {
    var deliveries: [String: Delivery] = [:]
    var port = 0
    var secret = ""
    var answers: [String: HookResponse] = [:]
  }

  private let state = Mutex(State())

  func add(_ id: String, _ body: String, event: String) {
    state.withLock { $0.deliveries[id] = Delivery(body: body, event: event) }
  }

  func agent(at port: Int, secret: String) {
    state.withLock { state in
      state.port = port
      state.secret = secret
    }
  }

  var answers: [String: HookResponse] { state.withLock { $0.answers } }

  func deliver(_ id: String) -> Int {
    let end = ContinuousClock.now + .seconds(20)
    while state.withLock({ $0.port == 0 }), ContinuousClock.now < end { usleep(10_000) }
    let (delivery, port, secret) = state.withLock { ($0.deliveries[id], $0.port, $0.secret) }
    guard let delivery, let signature = try? hmacSHA256(delivery.body, key: secret) else { return 0 }
    let result = try? run(
      [
        "curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}", "--data-binary", "@-", "-H", "Expect:",
        "-H", "Content-Type: application/json", "-H", "X-GitHub-Event: \(delivery.event)",
        "-H", "X-GitHub-Delivery: \(id)", "-H", "X-Hub-Signature-256: sha256=\(signature)",
        "http://127.0.0.1:\(port)/webhook/github",
      ], input: Array(delivery.body.utf8))
    let lines = (result?.output ?? "").split(separator: "\n")
    let status = lines.last.flatMap { Int($0) } ?? 0
    let answer = HookResponse(status: status, body: lines.dropLast().joined(separator: "\n"))
    state.withLock { $0.answers[id] = answer }
    return status
  }
}
