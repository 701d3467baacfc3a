import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Repositories behind every kind of remote")
struct RemotesTests {
  private static func pipeline(_ url: String) -> [String: String] {
    [
      "shop.yml": """
      name: shop
      repo: \(url)
      on: { push: { branches: [main] } }
      steps: ['cat index.html']
      """
    ]
  }

  /// A repository with one page in it.
  private static func repository() throws -> (GitRepository, commit: String) {
    let repository = try GitRepository()
    return (repository, try repository.commit("index.html", "the page\n"))
  }

  private static func parent(_ path: String) -> String { (path as NSString).deletingLastPathComponent }

  @Test("smart HTTP with a token: with it the run succeeds, without it the reason says what to configure")
  func token() throws {
    let (repository, commit) = try Self.repository()
    let token = "token-\(UUID().uuidString)"
    let server = try GitHTTPServer(root: Self.parent(repository.path), .serve(password: token))
    let url = server.url("repository")
    let secret = try TemporaryDirectory("token")
    try secret.write("token", token + "\n", mode: 0o600)

    let agent = try AgentUnderTest(
      pipelines: Self.pipeline(url),
      settings: "repositories: { \"\(url)\": { token: { file: \(secret.file("token")) } } }")
    try agent.start()
    let run = try #require(try agent.post(GitHubPush(cloneURL: url, after: commit)).runs.first)
    let shown = try agent.finished(run)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
    #expect(try agent.stepLog(run, "01-") == "the page\n")
    #expect(try runChecked(["sh", "-c", "grep -rlF '\(token)' '\(agent.area.path)' || true"]).isEmpty)

    let stranger = try AgentUnderTest(pipelines: Self.pipeline(url))
    try stranger.start()
    let refused = try #require(try stranger.post(GitHubPush(cloneURL: url, after: commit)).runs.first)
    let outcome = try stranger.finished(refused).run
    #expect(outcome.state == .failed)
    #expect(outcome.reason?.contains("repositories") == true, "\(outcome.reason ?? "")")
  }

  @Test("ssh with a key and known_hosts; an unknown host key is refused with the line that would admit it")
  func ssh() throws {
    if let reason = SSHServer.unavailable { return print("skipped: \(reason)") }
    let (repository, commit) = try Self.repository()
    let server = try SSHServer()
    let url = server.url(repository.path)
    let files = try TemporaryDirectory("ssh")
    try files.write("key", server.privateKey, mode: 0o600)
    try files.write("known_hosts", try server.knownHosts)
    let elsewhere = try server.knownHosts.replacingOccurrences(of: "[127.0.0.1]", with: "[192.0.2.1]")
    try files.write("elsewhere", elsewhere)
    func settings(_ hosts: String) -> String {
      "repositories: { \"\(url)\": { key: { file: \(files.file("key")) }, known_hosts: \(files.file(hosts)) } }"
    }

    let agent = try AgentUnderTest(pipelines: Self.pipeline(url), settings: settings("known_hosts"))
    try agent.start()
    let run = try #require(try agent.post(GitHubPush(cloneURL: url, after: commit)).runs.first)
    let shown = try agent.finished(run)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")

    let stranger = try AgentUnderTest(pipelines: Self.pipeline(url), settings: settings("elsewhere"))
    try stranger.start()
    let refused = try #require(try stranger.post(GitHubPush(cloneURL: url, after: commit)).runs.first)
    let outcome = try stranger.finished(refused).run
    #expect(outcome.state == .failed)
    let line = try #require(try server.knownHosts.split(separator: "\n").first)
    let told = try stranger.stepLog(refused, "00-") + (outcome.reason ?? "")
    #expect(told.contains(line), "\(told)")
    #expect(told.contains(try server.fingerprint()))
  }

  @Test("systemd's way: one runner for each connection to the socket, with the same result")
  func socketLauncher() throws {
    guard let activate = findProgram("systemd-socket-activate") else {
      return print("skipped: systemd-socket-activate is not installed (apt package systemd)")
    }
    let (repository, commit) = try Self.repository()
    let files = try TemporaryDirectory("activate")
    let socket = files.file("runner.sock")
    let systemd = try ServerProcess(
      [activate, "--accept", "--inetd", "--listen=\(socket)", builtExecutable("pushrod-runner")],
      output: files.file("log"))
    try waitUntil("the socket is there") { FileManager.default.fileExists(atPath: socket) }
    let agent = try AgentUnderTest(
      pipelines: Self.pipeline(repository.url), settings: "runs: { launcher: { socket: \(socket) } }")
    try agent.start(environment: ["PUSHROD_RUNNER": "/nonexistent/runner"])
    let run = try #require(try agent.post(GitHubPush(cloneURL: repository.url, after: commit)).runs.first)
    let shown = try agent.finished(run)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "") \(systemd.log)")
    #expect(try agent.stepLog(run, "01-") == "the page\n")
  }

  @Test("a tree of over a thousand files, links and nested submodules arrives byte for byte")
  func realTree() throws {
    let sample = try SampleRepository()
    let url = sample.main.url
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(url)
        on: { push: { branches: [main] } }
        steps: ['git rev-parse HEAD']
        """
      ])
    try agent.start()
    let commit = try sample.main.git("rev-parse", "HEAD")
    let run = try #require(try agent.post(GitHubPush(cloneURL: url, after: commit)).runs.first)
    let shown = try agent.finished(run)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
    let byGit = try sample.checkedOutByGit(commit)
    let workspace = agent.area.file("data/workspaces/shop")
    let difference = try difference(between: workspace, and: byGit.file("clone"))
    #expect(difference.isEmpty, "\(difference)")
    let files = try runChecked(["sh", "-c", "find '\(workspace)' -name .git -prune -o -type f -print | wc -l"])
    #expect((Int(files) ?? 0) > 1000)
  }

  /// What differs between two trees outside `.git`: content, kind, link target or executable bit.
  private func difference(between left: String, and right: String) throws -> String {
    let listing = """
      find . -name .git -prune -o -type f -printf '%p %m\\n' -o -type l -printf '%p -> %l\\n' | sort
      find . -name .git -prune -o -type f -exec sha256sum {} + | sort
      """
    let (a, b) = (try runChecked(["sh", "-c", listing], in: left), try runChecked(["sh", "-c", listing], in: right))
    let (before, after) = (Set(a.split(separator: "\n")), Set(b.split(separator: "\n")))
    return before.symmetricDifference(after).sorted().prefix(10).joined(separator: "\n")
  }
}
