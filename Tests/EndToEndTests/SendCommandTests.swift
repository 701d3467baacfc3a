import EndToEndSupport
import Foundation
import TestSupport
import Testing

/// `pushrod send`, against a server of the test's own that keeps what it got.
@Suite("pushrod send")
struct SendCommandTests {
  private let area: TemporaryDirectory
  private let server: ServerProcess
  private let url: String

  init() throws {
    area = try TemporaryDirectory("send")
    try area.write("secret", "quiet\n", mode: 0o600)
    try area.write(
      "server.py",
      """
      import http.server, sys
      class Keeper(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
          body = self.rfile.read(int(self.headers['Content-Length']))
          open('body', 'wb').write(body)
          open('headers', 'w').write(''.join(f'{name}: {value}\\n' for name, value in self.headers.items()))
          self.send_response(int(self.path.rsplit('/', 1)[1]))
          self.end_headers()
          self.wfile.write(b'{"verdict":"\\x1b[31mstarted"}')
        def log_message(self, *arguments): pass
      http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Keeper).serve_forever()
      """)
    let port = try Loopback.freePort()
    server = try ServerProcess(
      ["python3", area.file("server.py"), String(port)], in: area.path, output: area.file("server.log"))
    try server.waitUntilListening(on: port)
    url = "http://127.0.0.1:\(port)"
  }

  private func send(_ arguments: [String]) throws -> CommandResult {
    try run([builtExecutable("pushrod"), "send", "--secret-file", area.file("secret")] + arguments, in: area.path)
  }

  private func look(_ command: String, _ more: String...) throws -> CommandResult {
    try run(
      [
        builtExecutable("pushrod"), command, "--sender", "github", "--headers", area.file("headers"), "--body",
        area.file("body"),
      ] + more, in: area.path)
  }

  @Test("secrets of pipelines that are not here hold up no push to a configured source")
  func otherSecrets() throws {
    try area.write("source.secret", "quiet-enough\n", mode: 0o600)
    try area.write(
      "pushrod.yml",
      """
      listen: \(url.dropFirst("http://".count))
      sources: { "202": { sender: github, secrets: [{ file: source.secret }] } }
      secrets: { TOKEN: { env: PUSHROD_TEST_IS_NOT_SET } }
      """)
    try area.write("ping.json", "{}")
    for secret in [["--secret-file", area.file("secret")], []] {
      let sent = try run(
        [
          builtExecutable("pushrod"), "send", "--config", area.file("pushrod.yml"), "--event", "ping", "--body",
          area.file("ping.json"),
        ] + secret,
        in: area.path)
      #expect(sent.status == 0, "\(sent.output)\(sent.errorOutput)")
    }
  }

  @Test("where the source's secret is the agent's alone, --secret-file is asked for, and is enough")
  func unreadSecret() throws {
    try area.write(
      "pushrod.yml",
      """
      listen: \(url.dropFirst("http://".count))
      sources: { "202": { sender: github, secrets: [{ credential: secret_github }] } }
      """)
    try area.write("ping.json", "{}")
    let words = [
      builtExecutable("pushrod"), "send", "--config", area.file("pushrod.yml"), "--event", "ping", "--body",
      area.file("ping.json"),
    ]
    let refused = try run(words, in: area.path)
    #expect(refused.status == 2)
    #expect(refused.errorOutput.contains("the secret of source 202 cannot be read here"), "\(refused.errorOutput)")
    #expect(refused.errorOutput.contains("name it with --secret-file"), "\(refused.errorOutput)")
    #expect(!refused.errorOutput.contains("CREDENTIALS_DIRECTORY"), "\(refused.errorOutput)")
    let sent = try run(words + ["--secret-file", area.file("secret")], in: area.path)
    #expect(sent.status == 0, "\(sent.output)\(sent.errorOutput)")
  }

  @Test("a push made from a repository here is signed, and says what the repository says")
  func localPush() throws {
    let git = { (words: [String]) in
      try runChecked(
        ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", area.file("src")] + words)
    }
    try runChecked(["git", "init", "--quiet", "--initial-branch=work", area.file("src")])
    for message in ["One", "Two"] { _ = try git(["commit", "--quiet", "--allow-empty", "--message", message]) }
    _ = try git(["remote", "add", "origin", "git@github.com:acme/shop.git"])
    let commits = try git(["rev-list", "HEAD"]).split(separator: "\n").map(String.init)

    let sent = try send(["--url", "\(url)/202", "--repo", area.file("src")])
    #expect(sent.status == 0, "\(sent.errorOutput)")
    #expect(sent.output.hasPrefix("202 {\"verdict\""))
    #expect(!sent.stdout.contains(0x1b))
    #expect(try look("verify", "--secret-file", area.file("secret")).output == "valid")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(try look("explain", "--json").stdout)) as? [String: Any])
    let push = try #require(json["push"] as? [String: Any])
    #expect(push["repository"] as? String == "acme/shop")
    #expect(push["ref"] as? String == "refs/heads/work")
    #expect(push["after"] as? String == commits[0])
    #expect(push["before"] as? String == commits[1])
    #expect(push["message"] as? String == "Two")
  }

  @Test("what a hook says on the command line is told as it is; no repository is needed then")
  func fromHook() throws {
    let (old, new) = (String(repeating: "a", count: 40), String(repeating: "0", count: 40))
    let sent = try send([
      "--url", "\(url)/200", "--repo", "/", "--ref", "refs/tags/v1", "--before", old, "--after", new, "--clone-url",
      "https://git.example.org/acme/shop.git",
    ])
    #expect(sent.status == 0, "\(sent.errorOutput)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(try look("explain", "--json").stdout)) as? [String: Any])
    let push = try #require(json["push"] as? [String: Any])
    #expect(push["ref"] as? String == "refs/tags/v1")
    #expect(push["deleted"] as? Bool == true)
    #expect(push["before"] as? String == old)
  }

  @Test("a stored body is posted byte for byte")
  func storedBody() throws {
    let bytes = Data([0x7b, 0x0d, 0x0a, 0xff, 0x00, 0x7d])
    try area.write("stored", bytes)
    #expect(try send(["--url", "\(url)/200", "--event", "star", "--body", area.file("stored")]).status == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: area.file("body"))) == bytes)
    #expect(try area.read("headers").lowercased().contains("x-github-event: star"))
    #expect(try look("verify", "--secret-file", area.file("secret")).output == "valid")
  }

  @Test("a sender that signs a time and the address signs those of this delivery; what cannot be made up needs --body")
  func otherSenders() throws {
    try area.write("stored", "{}")
    for sender in ["stripe", "twilio"] {
      let sent = try send(["--url", "\(url)/200", "--sender", sender, "--body", area.file("stored")])
      #expect(sent.status == 0, "\(sent.errorOutput)")
      let checked = try run([
        builtExecutable("pushrod"), "verify", "--sender", sender, "--secret-file", area.file("secret"), "--headers",
        area.file("headers"), "--body", area.file("body"), "--url", "\(url)/200",
      ])
      #expect(checked.output == "valid", "\(sender)")
    }
    let made = try send(["--url", "\(url)/200", "--sender", "stripe"])
    #expect(made.status == 2 && made.errorOutput.contains("--body"))
    let foreign = try send(["--url", "\(url)/200", "--sender", "paypal", "--body", area.file("stored")])
    #expect(foreign.status == 2 && foreign.errorOutput.contains("only paypal itself can sign"))
  }

  @Test("an answer that is not 2xx is exit 1; nobody there is exit 3")
  func answers() throws {
    #expect(try send(["--url", "\(url)/401", "--event", "ping"]).status == 1)
    server.stop()
    let none = try send(["--url", "\(url)/200", "--event", "ping"])
    #expect(none.status == 3)
    #expect(none.errorOutput.contains("\(url)/200 did not take the delivery: Connection refused"))
  }
}
