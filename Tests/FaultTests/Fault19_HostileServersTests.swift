import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 19: a git server that is silent, drips, breaks off, redirects, lies or floods")
struct Fault19_HostileServersTests {
  /// What one server does to a run.
  private struct Case {
    var name: String
    var url: String
    /// Of the run's reason.
    var says: [String]
    /// Lines of the log that begin a further attempt.
    var repetitions = 0
  }

  private static func pipeline(_ name: String, _ url: String) -> String {
    """
    name: \(name)
    repo: \(url)
    on: { push: { branches: [main] } }
    steps: ['echo never']
    """
  }

  private static func repository() throws -> GitRepository {
    let repository = try GitRepository()
    for index in 0..<20 {
      try repository.write("file\(index)", String(repeating: "line \(index) of the file\n", count: 500))
    }
    try repository.commit("first")
    try repository.commit("file0", "changed\n")
    return repository
  }

  private static let limits = """
    runs: { parallel: 16 }
    limits:
      fetch: { connect: 1500ms, first_byte: 1500ms, stall: 1500ms, total: 8s, attempts: 2, bytes: 4M, memory: 256M }
    """

  @Test("each ends in the run's failure with its reason, after as many attempts as make sense, and nothing stays")
  func everyKind() throws {
    let repository = try Self.repository()
    let tip = try repository.git("rev-parse", "HEAD")
    let silent = try SilentServer()
    var bomb = PackBytes()
    bomb.addBlob([UInt8](repeating: 0x61, count: 65_536))
    bomb.addRepetition(of: 65_536, length: 65_536, times: 255)
    for _ in 0..<4 { bomb.addRepetition(of: 65_536 * 255, length: 65_536 * 255, times: 120) }
    let secret = try TemporaryDirectory("token")
    let token = "token-\(UUID().uuidString)"
    try secret.write("token", token + "\n", mode: 0o600)
    let elsewhere = try GitHTTPServer(root: repository.path, .serve(password: token))
    let redirecting = try GitHTTPServer(root: repository.path, .redirect(to: "http://127.0.0.1:\(elsewhere.port)"))
    let unknown = try GitHTTPServer(root: repository.path, tls: true)
    let failing = try GitHTTPServer(root: repository.path, .status(503))
    let refusing = try GitHTTPServer(root: repository.folder, .serve(password: "another"))
    var servers: [(String, HostileGitServer, [String], Int)] = [
      (
        "silence", try HostileGitServer(repository, .silence), ["did not begin to answer", "limits.fetch.first_byte"], 1
      ),
      (
        "no-objects", try HostileGitServer(repository, .refsThenSilence),
        ["asked for the commits", "limits.fetch.first_byte"], 1
      ),
      ("stall", try HostileGitServer(repository, .halfPack), ["sent nothing for 1500 ms", "limits.fetch.stall"], 1),
      ("drip", try HostileGitServer(repository, .drip), ["limits.fetch.total"], 0),
      ("reset", try HostileGitServer(repository, .reset), ["broke while reading", "all of 2 attempts"], 1),
      ("cut", try HostileGitServer(repository, .cutPack), ["all of 2 attempts"], 1),
      ("damaged", try HostileGitServer(repository, .damagedPack), ["is damaged", "all of 2 attempts"], 1),
      (
        "endless", try HostileGitServer(repository, .endlessPack), ["more than 4194304 bytes", "limits.fetch.bytes"], 0
      ),
      ("refs", try HostileGitServer(repository, .endlessRefs), ["limits.fetch.bytes"], 0),
      ("words", try HostileGitServer(repository, .endlessWords), ["limits.fetch.bytes"], 0),
    ]
    if Sanitizer.name == nil {
      servers.append(("bomb", try HostileGitServer(repository, .pack(try bomb.bytes())), ["limits.fetch.memory"], 0))
    } else {
      print(
        "skipped: a pack that needs more memory than there may be; the sanitizer's own runtime meets that limit first")
    }
    let cases =
      servers.map { Case(name: $0.0, url: $0.1.url, says: $0.2, repetitions: $0.3) } + [
        Case(
          name: "tls", url: "https://127.0.0.1:\(silent.port)/x.git",
          says: ["exchanged keys (TLS)", "limits.fetch.connect"],
          repetitions: 1),
        Case(name: "redirect", url: redirecting.url("x.git"), says: ["redirect", "final address"]),
        Case(name: "certificate", url: unknown.url("x.git"), says: ["certificate"]),
        Case(name: "fault", url: failing.url("x.git"), says: ["503", "all of 2 attempts"], repetitions: 1),
        Case(name: "refusal", url: refusing.url("repository"), says: ["refuses the token"]),
      ]
    var pipelines: [String: String] = [:]
    for one in cases { pipelines["\(one.name).yml"] = Self.pipeline(one.name, one.url) }
    let agent = try AgentUnderTest(
      pipelines: pipelines,
      settings: Self.limits + """

        repositories:
          "\(redirecting.url("x.git"))": { token: { file: \(secret.file("token")) } }
          "\(refusing.url("repository"))": { token: { file: \(secret.file("token")) } }
        """,
      name: "fault19")
    try agent.start()

    var runs: [(Case, Int)] = []
    for one in cases {
      let answer = try agent.post(GitHubPush(cloneURL: one.url, repository: "acme/\(one.name)", after: tip))
      runs.append((one, try #require(answer.runs.first, "\(one.name): \(answer.body)")))
    }
    for (one, number) in runs {
      let shown = try agent.finished(number)
      let reason = shown.run.reason ?? ""
      #expect(shown.run.state == .failed, "\(one.name)")
      #expect(reason.hasPrefix("fetch failed: "), "\(one.name): \(reason)")
      for words in one.says { #expect(reason.contains(words), "\(one.name): \(reason)") }
      let log = try agent.stepLog(number, "00-")
      let repetitions = log.split(separator: "\n").count { $0.hasPrefix("attempt ") }
      // Under a sanitizer a server that would send without end may itself not get to run for longer than a stall may last.
      let most = Sanitizer.name == nil ? one.repetitions : max(one.repetitions, 1)
      #expect((one.repetitions...most).contains(repetitions), "\(one.name): \(log)")
      #expect(log.utf8.count < 64_000, "\(one.name)")
      #expect(!shown.steps.contains { $0.step == 1 }, "\(one.name)")
      // Resident memory of the fetching process.
      let peak = shown.steps.first { $0.step == 0 }?.usage?.peakMemory ?? .max
      #expect(peak < Sanitizer.memory(320 << 20), "\(one.name): \(peak)")
      #expect(!FileManager.default.fileExists(atPath: agent.area.file("data/workspaces/\(one.name)")), "\(one.name)")
    }
    #expect(elsewhere.requests == [])
    #expect(unknown.requests == [])
    #expect(try leftovers(of: agent) == [])
    #expect(try waitForNoProcesses(of: agent) == [])
    #expect(try runChecked(["sh", "-c", "grep -rlF '\(token)' '\(agent.area.path)/data' || true"]).isEmpty)
  }

  @Test("one that mends itself is deployed from, and the log tells of the attempts")
  func mends() throws {
    let repository = try Self.repository()
    let server = try HostileGitServer(repository, .reset, .reset, .damagedPack, .serve)
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": Self.pipeline("shop", server.url)],
      // The server counts connections, so the agent must not look at the tips in between.
      settings: "compare_tips: off\nlimits: { fetch: { attempts: 5 } }", name: "fault19")
    try agent.start()
    let tip = try repository.git("rev-parse", "HEAD")
    let first = try #require(try agent.post(GitHubPush(cloneURL: server.url, after: tip)).runs.first)
    let shown = try agent.finished(first)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
    let log = try agent.stepLog(first, "00-")
    #expect(log.contains("attempt 2 of 5 in "), "\(log)")
    #expect(log.contains("attempt 3 of 5 in "), "\(log)")
    try GitRepository.git(["fsck", "--strict"], in: try mirror(of: agent))
  }

  @Test("a changed host key is refused before a key is shown, at once")
  func changedHostKey() throws {
    if let reason = SSHServer.unavailable { return print("skipped: \(reason)") }
    let repository = try Self.repository()
    let (server, impostor) = (try SSHServer(), try SSHServer())
    let url = server.url(repository.path)
    let files = try TemporaryDirectory("ssh")
    try files.write("key", server.privateKey, mode: 0o600)
    try files.write("known_hosts", try impostor.knownHosts.replacing(":\(impostor.port)", with: ":\(server.port)"))
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": Self.pipeline("shop", url)],
      settings: """
        repositories: { "\(url)": { key: { file: \(files.file("key")) }, known_hosts: \(files.file("known_hosts")) } }
        """, name: "fault19")
    try agent.start()
    let tip = try repository.git("rev-parse", "HEAD")
    let run = try #require(try agent.post(GitHubPush(cloneURL: url, after: tip)).runs.first)
    let shown = try agent.finished(run)
    #expect(shown.run.state == .failed)
    #expect(shown.run.reason?.contains("HAS CHANGED") == true, "\(shown.run.reason ?? "")")
    #expect(try !agent.stepLog(run, "00-").contains("attempt "))
  }

  @Test("a fetch is cancelled at once, also while it waits for its next attempt, and leaves nothing behind")
  func cancelled() throws {
    let repository = try Self.repository()
    let (waiting, pausing) = (try HostileGitServer(repository, .halfPack), try HostileGitServer(repository, .reset))
    let agent = try AgentUnderTest(
      pipelines: [
        "waiting.yml": Self.pipeline("waiting", waiting.url), "pausing.yml": Self.pipeline("pausing", pausing.url),
      ], settings: "limits: { fetch: { attempts: 20 } }", name: "fault19")
    try agent.start()
    let tip = try repository.git("rev-parse", "HEAD")
    let first = try #require(try agent.post(GitHubPush(cloneURL: waiting.url, after: tip)).runs.first)
    try waitUntil("a pack has begun") { try !leftovers(of: agent).isEmpty }
    let second = try #require(
      try agent.post(GitHubPush(cloneURL: pausing.url, repository: "acme/b", after: tip)).runs.first)
    try waitUntil("it pauses before a third attempt") {
      (try? agent.stepLog(second, "00-").contains("attempt 3 of 20")) ?? false
    }
    for run in [first, second] {
      #expect(try agent.pushrod("cancel", String(run)).status == 0)
      #expect(try agent.finished(run, within: 10).run.state == .cancelled)
    }
    #expect(try leftovers(of: agent) == [])
    #expect(try waitForNoProcesses(of: agent) == [])
  }

  // MARK: What stays

  private func mirror(of agent: AgentUnderTest) throws -> String {
    let folder = agent.area.file("data/mirrors")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".git") }
    return "\(folder)/\(try #require(names.first))"
  }

  /// Files in mirrors that belong to no whole pack.
  private func leftovers(of agent: AgentUnderTest) throws -> [String] {
    let found = try run([
      "find", agent.area.file("data/mirrors"), "-name", "pack_git2_*", "-o", "-name", "tmp_*", "-o", "-name", "*.lock",
      "-path", "*/refs/*", "-o", "-name", "*.new-*",
    ])
    return found.output.split(separator: "\n").map(String.init)
  }

  /// Command lines of this agent's processes other than itself, once none should be left.
  private func waitForNoProcesses(of agent: AgentUnderTest) throws -> [String] {
    let end = ContinuousClock.now + .seconds(10)
    while true {
      let left = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name -> String? in
        guard let pid = pid_t(name), pid != agent.pid,
          let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
        else { return nil }
        let line = String(decoding: words, as: UTF8.self)
        return line.contains(agent.area.path) ? line : nil
      }
      if left.isEmpty || ContinuousClock.now > end { return left }
      usleep(20_000)
    }
  }
}
