import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("The API over TCP")
struct TokenTests {
  private static let settings = "api: { listen: 127.0.0.1:0, hosts: [deploy.example.org] }"

  /// What the command line says to an agent that it reaches over TCP.
  private func remote(
    _ agent: AgentUnderTest, token: String, _ arguments: String..., url: String? = nil
  ) throws -> CommandResult {
    try run(
      [builtExecutable("pushrod")] + arguments,
      env: [
        "PUSHROD_URL": url ?? "http://127.0.0.1:\(agent.apiPort)", "PUSHROD_TOKEN": token, "NO_COLOR": "1",
        // What a variable names is what counts, also where a socket is configured.
        "PUSHROD_SOCKET": agent.area.file("nothing.sock"),
      ])
  }

  private func status(_ agent: AgentUnderTest, _ path: String, token: String?) throws -> String {
    try runChecked(
      ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(agent.apiPort)\(path)"]
        + (token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []))
  }

  @Test("a token is made, opens the API as far as its scope goes, and is nothing when it is removed")
  func life() throws {
    let agent = try AgentUnderTest(pipelines: [:], settings: Self.settings)
    try agent.start()
    let made = try agent.pushrod("token", "create", "--scope", "read", "--name", "laptop", "--expires", "90d")
    #expect(made.status == 0, "\(made.errorOutput)")
    // The token, and nothing else.
    let token = made.output
    #expect(token.wholeMatch(of: /pushrod_[A-Za-z0-9_-]{43}/) != nil)
    #expect(made.errorOutput.contains("Token laptop of the scope read, until "))
    #expect(!made.errorOutput.contains(token))

    let runs = try remote(agent, token: token, "runs", "--json")
    #expect(runs.status == 0 && runs.output.contains("\"runs\""), "\(runs.errorOutput)")
    let reload = try remote(agent, token: token, "reload")
    #expect(reload.status == 1)
    #expect(reload.errorOutput.contains("it takes a token of the scope admin"), "\(reload.errorOutput)")
    #expect(try status(agent, "/healthz", token: nil) == "200")
    #expect(try status(agent, "/api/runs", token: nil) == "401")

    let listed = try agent.pushrod("token", "ls")
    #expect(listed.output.contains("laptop  read   just now  just now"), "\(listed.output)")
    #expect(!(try agent.pushrod("token", "ls", "--json").output).contains(token.dropFirst(8)))

    #expect(try agent.pushrod("token", "rm", "laptop").status == 0)
    #expect(try status(agent, "/api/runs", token: token) == "401")
    let refused = try remote(agent, token: token, "runs")
    #expect(refused.status == 1)
    #expect(refused.errorOutput.contains("pushrod token create"), "\(refused.errorOutput)")
    #expect(try agent.pushrod("token", "rm", "laptop").status == 1)

    let audit = try agent.pushrod("audit").output
    #expect(audit.contains("token rm") && audit.contains("token create") && audit.contains("token laptop"), "\(audit)")
    try expectNowhere(token, agent)
  }

  /// Neither in any file of the agent nor in what it said.
  private func expectNowhere(_ token: String, _ agent: AgentUnderTest) throws {
    let secret = token.dropFirst(8)
    #expect(!agent.log.contains(secret))
    let found = try run(["grep", "-rlF", "--", String(secret), agent.area.path])
    #expect(found.status == 1, "\(found.output)")
    #expect(try run(["grep", "-rlF", "--", "laptop", agent.area.file("data")]).status == 0)
  }

  @Test("a token survives kill -9 and restart, and so does the line of an acknowledged cancel")
  func killed() throws {
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    try repository.commit("One")
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(repository.url)
        on: { push: { branches: [main] }, manual: true }
        steps: ['sleep 600']
        """
      ], settings: Self.settings)
    try agent.start()
    let token = try agent.pushrod("token", "create", "--scope", "run", "--name", "ci").output
    let started = try remote(agent, token: token, "run", "shop", "--no-follow")
    #expect(started.status == 0, "\(started.errorOutput)")
    try waitUntil("the step runs") { (try? agent.stepLog(1, "01-")) != nil }
    let cancelled = try remote(agent, token: token, "cancel", "1")
    #expect(cancelled.status == 0, "\(cancelled.errorOutput)")
    agent.kill9()
    try agent.start()

    struct Entry: Decodable {
      var act: String
      var person: String
      var via: String
      var address: String?
      var object: String
      var outcome: String
    }
    struct Entries: Decodable { var entries: [Entry] }
    let entries = try JSONDecoder().decode(
      Entries.self, from: Data(try agent.pushrod("audit", "--json").stdout)
    ).entries
    let cancel = try #require(entries.last { $0.act == "cancel" })
    #expect(cancel.person == "ci" && cancel.via == "token" && cancel.address == "127.0.0.1")
    #expect(cancel.object == "run 1" && cancel.outcome == "begun")
    #expect(entries.map(\.act).contains("run"))
    let shown = try agent.finished(1)
    #expect(shown.run.state == .cancelled)
    #expect(try remote(agent, token: token, "runs").status == 0)
  }

  @Test("a token is not sent to a server whose certificate is not trusted")
  func untrusted() throws {
    let agent = try AgentUnderTest(pipelines: [:], settings: "tls: { certificate: server.pem, key: server.key }")
    _ = try TestCertificate(in: agent.area)
    try agent.start()
    let result = try remote(agent, token: "pushrod_x", "runs", url: "https://localhost:\(agent.port)")
    #expect(result.status == 3)
    #expect(result.errorOutput.contains("its certificate is not one that this machine trusts"), "\(result.errorOutput)")
  }

  @Test("what a server of another kind answers is told in words, without the library's own")
  func otherServers() throws {
    let greeter = try ScriptedServer { connection in
      _ = try connection.read(10)
      try connection.write("SSH-2.0-OpenSSH_9.2\r\n")
      connection.waitUntilGone()
    }
    // What is not read when a connection is closed would reset it.
    let silent = try ScriptedServer { connection in
      let record = try connection.read(5)
      guard record[0] == 0x16 else {
        _ = try connection.readHead()
        return
      }
      _ = try connection.read(Int(record[3]) << 8 | Int(record[4]))
    }
    let nobody = try Loopback.freePort()
    let cases = [
      ("https://127.0.0.1:\(greeter.port)", "no TLS is spoken there"),
      ("http://127.0.0.1:\(greeter.port)", "its answer is not HTTP"),
      ("https://127.0.0.1:\(silent.port)", "it closed the connection without an answer"),
      ("http://127.0.0.1:\(silent.port)", "it closed the connection without an answer"),
      ("http://localhost:\(nobody)", "Connection refused."),
    ]
    for (url, words) in cases {
      let result = try run(
        [builtExecutable("pushrod"), "runs", "--url", url], env: ["PUSHROD_TOKEN": "pushrod_x", "NO_COLOR": "1"])
      #expect(result.status == 3, "\(url): \(result.errorOutput)")
      let said = result.errorOutput
      #expect(said.hasPrefix("pushrod: The agent is not reachable at \(url): \(words)"), "\(said)")
      #expect(!said.contains("checkouts") && !said.contains("Error"), "\(said)")
    }
    greeter.stop()
    silent.stop()
  }

  @Test("the webhooks' port is told from the API's")
  func webhooksPort() throws {
    let agent = try AgentUnderTest(pipelines: [:])
    try agent.start()
    for arguments in [["runs"], ["inbox", "ls"], ["audit", "--json"]] {
      let result = try run(
        [builtExecutable("pushrod")] + arguments + ["--url", "http://127.0.0.1:\(agent.port)"],
        env: ["PUSHROD_TOKEN": "pushrod_x", "NO_COLOR": "1"])
      #expect(result.status == 1)
      #expect(result.errorOutput.contains("takes webhooks") && result.errorOutput.contains("`api.listen`"))
    }
  }

  @Test(
    "what no listing takes, and a name that no token can have, are wrong use",
    arguments: [
      ["inbox", "ls", "--limit", "0"], ["inbox", "ls", "--verdict", "foo"], ["inbox", "ls", "--before", "0"],
      ["inbox", "ls", "--source", "a b"], ["runs", "--state", "foo", "--json"],
      ["token", "create", "--scope", "read", "--name", "a b"],
      ["token", "create", "--scope", "read", "--expires", "99999d"],
    ])
  func wrongUse(arguments: [String]) throws {
    let agent = try AgentUnderTest(pipelines: [:])
    try agent.start()
    let result = try agent.pushrod(arguments: arguments)
    #expect(result.status == 2, "\(result.errorOutput)")
    #expect(result.output.isEmpty && !result.errorOutput.isEmpty)
  }

  @Test("SIGHUP stands in the audit log")
  func hangup() throws {
    let agent = try AgentUnderTest(pipelines: [:])
    try agent.start()
    kill(agent.pid, SIGHUP)
    try waitUntil("the reload is recorded") { try agent.pushrod("audit").output.contains("SIGHUP") }
  }

  @Test("mistakes with the address and the token are told before anything is sent")
  func mistakes() throws {
    let area = try TemporaryDirectory("token")
    let open = try area.write("open", "pushrod_x\n", mode: 0o644)
    let empty = try area.write("empty", "\n", mode: 0o600)
    let good = try area.write("good", "pushrod_x\n", mode: 0o600)
    func says(_ sentence: String, code: Int32 = 2, _ arguments: String..., env: [String: String] = [:]) throws {
      let result = try run([builtExecutable("pushrod"), "runs"] + arguments, env: env)
      #expect(result.status == code, "\(arguments): \(result.errorOutput)")
      #expect(result.errorOutput.contains(sentence), "\(arguments): \(result.errorOutput)")
    }
    let plain = "http://deploy.example.org"
    try says("everybody on the way could read it", "--url", plain, "--token-file", good)
    try says("everybody on the way could read it", "--url", "http://127.0.0.1.evil.example", "--token-file", good)
    try says("everybody on the way could read it", env: ["PUSHROD_URL": plain, "PUSHROD_TOKEN": "pushrod_x"])
    try says("wants a token", "--url", "https://deploy.example.org")
    try says("open to every user", "--url", "https://deploy.example.org", "--token-file", open)
    try says("does not hold a token", "--url", "https://deploy.example.org", "--token-file", empty)
    try says("cannot read the token file", "--url", "https://deploy.example.org", "--token-file", area.file("none"))
    try says("begins with https://", "--url", "deploy.example.org", "--token-file", good)
    try says("without a path", "--url", "https://deploy.example.org/api", "--token-file", good)
    try says("without a path", "--url", "https://ann@deploy.example.org", "--token-file", good)
    try says("--url is instead of --socket", "--url", "https://deploy.example.org", "--socket", "x")
    try says("--token-file needs --url", "--token-file", good)
    try says("not reachable at https://127.0.0.1:1", code: 3, "--url", "https://127.0.0.1:1", "--token-file", good)
  }
}
