import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// No public address: the agent asks the server itself. The shortest interval is 10 s, and an agent that starts asks at
/// once, so most of these tests start it again rather than wait.
@Suite("A push that nobody told of")
struct PollTests {
  private static func pipeline(_ repo: String, name: String = "shop", extra: String = "") -> String {
    """
    name: \(name)
    repo: \(repo)
    on:
      push: { branches: [main] }
      poll: 10s
    steps:
      - name: what
        run: |
          printf '%s\\n' "$PUSHROD_COMMIT" "$PUSHROD_BEFORE" "$PUSHROD_REF"
          cat "$PUSHROD_EVENT_FILE"
    """
  }

  /// The agent has seen the refs as they stand.
  private func began(_ agent: AgentUnderTest) throws {
    try waitUntil("polling begins") { agent.log.contains("poll_began") }
  }

  private struct Runs: Decodable { var runs: [Run] }

  private func runs(_ agent: AgentUnderTest) throws -> Int {
    let result = try agent.pushrod("runs", "--json")
    return try JSON.decoder().decode(Runs.self, from: Data(result.stdout)).runs.count
  }

  @Test(
    "what is there at the first look does not run; the next push does, within its interval, and the inbox shows why")
  func push() throws {
    let repository = try GitRepository()
    let first = try repository.commit("index.html", "one")
    let daemon = try GitDaemon(root: (repository.path as NSString).deletingLastPathComponent)
    let agent = try AgentUnderTest(pipelines: ["shop.yml": Self.pipeline(daemon.url("repository"))])
    try agent.start()
    try began(agent)
    #expect(try runs(agent) == 0)
    try repository.commit("index.html", "two")
    let second = try repository.commit("index.html", "three")

    try waitUntil("the push is found", within: 60) { try runs(agent) == 1 }
    let shown = try agent.finished(1)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "") \(agent.log)")
    #expect(shown.run.request.trigger == .poll)
    let log = try agent.stepLog(1, "01-")
    #expect(log.hasPrefix("\(second)\n\(first)\nrefs/heads/main\n{\"after\":\"\(second)\""), "\(log)")
    let inbox = try agent.pushrod("inbox").output
    #expect(inbox.contains("poll") && inbox.contains("started run 1"), "\(inbox)")
    #expect(try agent.pushrod("inbox", "show", "1").output.contains("branch \"main\" matches \"main\""))
    #expect(try agent.pushrod("show", "1").output.contains("by a push found by comparing tips (delivery 1)"))

    // The forge tells of the same push after all.
    let late = try agent.post(
      GitHubPush(cloneURL: daemon.url("repository"), before: first, after: second))
    #expect(late.status == 200)
    let reason = "commit \(second.prefix(8)) of main was already handled by delivery 1 (source poll)"
    #expect(late.answer?.reason == reason)
    #expect(try runs(agent) == 1)
  }

  @Test("a webhook first: the poll finds nothing new, also after a restart")
  func webhookFirst() throws {
    let repository = try GitRepository()
    let first = try repository.commit("index.html", "one")
    let agent = try AgentUnderTest(pipelines: ["shop.yml": Self.pipeline(repository.url)])
    try agent.start()
    try began(agent)
    let second = try repository.commit("index.html", "two")
    #expect(try agent.post(GitHubPush(cloneURL: repository.url, before: first, after: second)).status == 202)
    _ = try agent.finished(1)
    agent.kill9()
    try agent.start()
    let doctor = { try agent.pushrod("doctor", "--config", agent.configuration).output }
    try waitUntil("the repository is asked") { try doctor().contains("\(repository.url): asked just now, every 10 s") }
    #expect(try runs(agent) == 1)
    #expect(!agent.log.contains("a push was found"))
  }

  @Test("kill -9 between two looks, and a push meanwhile: the next agent runs it, once")
  func killed() throws {
    let repository = try GitRepository()
    var commit = try repository.commit("index.html", "0")
    let agent = try AgentUnderTest(pipelines: ["shop.yml": Self.pipeline(repository.url)])
    try agent.start()
    try began(agent)
    for round in 1...3 {
      agent.kill9()
      let before = commit
      commit = try repository.commit("index.html", "\(round)")
      try agent.start()
      try waitUntil("push \(round) is found") { try runs(agent) == round }
      let run = try agent.finished(round).run
      #expect(run.state == .succeeded)
      #expect(run.request.commit?.hex == commit)
      #expect(run.request.before?.hex == before)
    }
    agent.kill9()
    try agent.start()
    try waitUntil("it has looked") {
      try agent.pushrod("doctor", "--config", agent.configuration).output.contains("asked just now")
    }
    #expect(try runs(agent) == 3)
  }

  @Test("a server that is down is told of once and asked again; what was pushed meanwhile runs when it is back")
  func serverDown() throws {
    let repository = try GitRepository()
    try repository.commit("index.html", "one")
    let root = (repository.path as NSString).deletingLastPathComponent
    let port = try Loopback.freePort()
    let url = "git://127.0.0.1:\(port)/repository"
    let files = try TemporaryDirectory("daemon")
    func daemon() throws -> ServerProcess {
      let process = try ServerProcess(
        [
          "git", "daemon", "--listen=127.0.0.1", "--port=\(port)", "--reuseaddr", "--export-all", "--base-path=\(root)",
          root,
        ], env: GitRepository.environment, output: files.file("log"))
      try process.waitUntilListening(on: port)
      return process
    }
    let up = try daemon()
    let agent = try AgentUnderTest(pipelines: ["shop.yml": Self.pipeline(url)])
    try agent.start()
    try began(agent)
    up.stop()
    agent.kill9()
    let second = try repository.commit("index.html", "two")
    try agent.start()
    try waitUntil("the error is told") { agent.log.contains("poll_failed") }
    let doctor = try agent.pushrod("doctor", "--config", agent.configuration).output
    #expect(doctor.contains("\(url): asked just now, and that came to nothing"), "\(doctor)")

    let again = try daemon()
    try waitUntil("the push is found", within: 90) { try runs(agent) == 1 }
    #expect(try agent.finished(1).run.request.commit?.hex == second)
    #expect(agent.log.contains("poll_recovered"))
    #expect(agent.log.components(separatedBy: "poll_failed").count == 2)
    again.stop()
  }

  @Test("a pipeline that is added is watched from where its refs stand, and SIGTERM does not wait for a silent server")
  func addedAndSilent() throws {
    let repository = try GitRepository()
    try repository.commit("index.html", "one")
    let agent = try AgentUnderTest(pipelines: [:])
    try agent.start()
    try agent.area.write("pipelines/shop.yml", Self.pipeline(repository.url))
    try began(agent)
    let silent = try SilentServer()
    try agent.area.write("pipelines/silent.yml", Self.pipeline("git://127.0.0.1:\(silent.port)/x", name: "silent"))
    #expect(silent.isCalled())
    #expect(agent.terminate(within: 10))
  }
}
