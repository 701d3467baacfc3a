import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// The masker's own proofs are `MaskerTests` and `OutputTests`; here every byte that the real agent and runner leave
/// behind, say or are called with is searched for what must not be in it.
@Suite("Fault 14: a secret printed in every way", .serialized)
struct Fault14_SecretsTests {
  private struct Canary {
    let value: String

    init(_ name: String) { value = "cnry/\(name)+\(UUID().uuidString.lowercased())&'\"x" }

    /// The middle of it, which no way of writing changes, and the middle of its base64 at each of the three places where
    /// it can begin.
    var traces: [String] {
      let bytes = Array(value.utf8)
      let base64 = (0..<3).map { lead in
        let text = Data([UInt8](repeating: 0x61, count: lead) + bytes).base64EncodedString()
        return String(text.dropFirst(8).prefix(24))
      }
      return [String(value.dropFirst(12).prefix(34))] + base64
    }
  }

  /// Files below `folder` that hold one of the texts.
  private func found(_ texts: [String], in folder: String) throws -> String {
    let arguments = texts.flatMap { ["-e", $0] }
    return try run(["grep", "-rlaF"] + arguments + ["--", folder]).output
  }

  /// The command lines of all processes, and the environments of `pids`, that hold one of the texts.
  private func told(_ texts: [String], environmentsOf pids: [pid_t]) throws -> [String] {
    let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
    let files = processes.map { "/proc/\($0)/cmdline" } + pids.map { "/proc/\($0)/environ" }
    return files.filter { file in
      guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: file)) else { return false }
      return texts.contains { bytes.range(of: Data($0.utf8)) != nil }
    }
  }

  private static let steps = #"""
    steps:
      - name: plain
        run: |
          echo "whole: $TOKEN"
          printf '%s' "pieces: ${TOKEN%%-*}"; sleep 0.1; echo "-${TOKEN#*-} end"
          (printf '%s' "$TOKEN" | fold -w 1; echo) | while IFS= read -r c; do printf '%s' "$c"; done; echo
          echo "$TOKEN" >&2
      - name: encoded
        run: |
          for lead in '' u: uuuu; do printf '%s%s' "$lead" "$TOKEN" | base64 -w0; echo; done
          printf '%s' "$TOKEN" | base64 -w0 | tr '+/' '-_'; echo
          python3 -c 'import os, urllib.parse as u; t = os.environ["TOKEN"]; print(u.quote(t, safe=""), u.quote(t))'
          python3 -c 'import os, json; print(json.dumps({"token": os.environ["TOKEN"]}))'
      - name: lines
        run: |
          printf '%s' "$KEY"
          printf '%s' "$KEY" | tail -n 2 | head -n 1
          python3 -c 'import os, json; print(json.dumps(os.environ["KEY"]))'
      - name: trace
        run: |
          set -x
          true "$TOKEN" "$KEY"
      - name: dump
        run: |
          env
          export -p
          cat /proc/self/environ
      - name: git
        run: |
          git fetch "http://user:$URLSAFE@127.0.0.1:1/acme/shop.git" || true
          git -c "http.extraHeader=Authorization: Bearer $URLSAFE" ls-remote http://127.0.0.1:1/x "$URLSAFE" || true
          GIT_TRACE=1 git ls-remote "https://$URLSAFE@127.0.0.1:1/x" || true
      - { name: wait, run: 'touch WORK/waits; while [ ! -e WORK/go ]; do sleep 0.02; done' }
      - name: die
        run: 'exit 3'
    finally:
      - 'echo "finally $TOKEN"'
    """#

  @Test("nothing that a step prints, in whatever spelling, is anywhere on disk, in an answer or a command line")
  func printed() throws {
    let token = Canary("token")
    let key = (1...3).map { _ in "keyline-" + UUID().uuidString }
    let urlSafe = "urlsafe-" + UUID().uuidString
    let scene = try Deployment(
      "fault14", "secrets: [TOKEN, KEY, URLSAFE]\n" + Self.steps,
      settings: "secrets: { TOKEN: { file: WORK/token }, KEY: { file: WORK/key }, URLSAFE: { file: WORK/urlsafe } }")
    try scene.work.write("token", token.value, mode: 0o600)
    try scene.work.write("key", key.joined(separator: "\n") + "\n", mode: 0o600)
    try scene.work.write("urlsafe", urlSafe, mode: 0o600)
    let texts = token.traces + key.map { String($0.dropFirst(8)) } + [String(urlSafe.dropFirst(8))]

    let agent = scene.agent
    try agent.start()
    let run = try scene.deploy()
    let follower = try ServerProcess(
      [builtExecutable("pushrod"), "tail", "\(run)"], env: ["PUSHROD_SOCKET": agent.socket],
      output: scene.work.file("tail"))
    try waitUntil("the run waits", within: 60) { FileManager.default.fileExists(atPath: scene.work.file("waits")) }
    // While a step has it in its environment: neither agent nor runner have, and nobody's command line shows it.
    let runner = try scene.runner(of: run)
    #expect(try told(texts, environmentsOf: [agent.pid, runner]).isEmpty)
    try scene.open("go")
    let shown = try agent.finished(run)
    #expect(shown.run.state == .failed)
    #expect(shown.run.failedStep == "die")
    try waitUntil("tail ends") { follower.hasExited }

    // It was printed: `***` stands in its place, once for each time at least.
    let plain = try agent.stepLog(run, "01-")
    #expect(plain == "whole: ***\npieces: *** end\n***\n***\n", "\(plain)")
    for step in 2...6 { #expect(try agent.stepLog(run, "0\(step)-").contains("***"), "step \(step)") }
    #expect(try agent.stepLog(run, "09-") == "finally ***\n")

    try search(agent, texts, runs: [run])
    #expect(try found(texts, in: scene.work.file("tail")).isEmpty)
  }

  /// The data directory with the store and its log, the agent's own log, and what the API says.
  private func search(_ agent: AgentUnderTest, _ texts: [String], runs: [Int]) throws {
    #expect(try found(texts, in: agent.area.file("data")) == "")
    for number in 1...9 where FileManager.default.fileExists(atPath: agent.area.file("agent-\(number).log")) {
      #expect(try found(texts, in: agent.area.file("agent-\(number).log")) == "")
    }
    let answers = try TemporaryDirectory("answers")
    var paths = ["/api/runs", "/api/deliveries", "/api/status", "/api/audit"]
    for run in runs {
      paths += ["/api/runs/\(run)", "/api/runs/\(run)/log", "/api/deliveries/\(run)"]
      try answers.write("stream-\(run)", Data(try agent.get("/api/runs/\(run)/log", accept: "text/event-stream")))
    }
    for (index, path) in paths.enumerated() { try answers.write("\(index)", Data(try agent.get(path))) }
    #expect(try found(texts, in: answers.path) == "")
  }

  @Test("a credential that a git server refuses or repeats is in no reason, log or answer")
  func credentials() throws {
    let served = try GitRepository()
    let commit = try served.commit("index.html", "hello\n")
    let (wrong, right) = ("wrong-" + UUID().uuidString, "right-" + UUID().uuidString)
    let server = try GitHTTPServer(
      root: (served.path as NSString).deletingLastPathComponent, .serve(password: right))
    let url = server.url("repository")
    let files = try TemporaryDirectory("credentials")
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": "name: shop\nrepo: \(url)\non: { push: { branches: [main] } }\nsteps: ['git config -l; env']\n"
      ],
      settings: "repositories: { \"\(url)\": { user: deploy, password: { file: \(files.file("password")) } } }",
      name: "fault14")
    try files.write("password", wrong, mode: 0o600)
    try agent.start()
    let push = GitHubPush(cloneURL: url, after: commit)
    let first = try #require(try agent.post(push).runs.first)
    let refused = try agent.finished(first)
    #expect(refused.run.state == .failed)
    #expect(refused.run.reason?.hasPrefix("fetch failed") == true, "\(refused.run.reason ?? "")")

    try files.write("password", right, mode: 0o600)
    #expect(try agent.pushrod("reload").status == 0)
    let second = try #require(try agent.post(push).runs.first)
    let shown = try agent.finished(second)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
    // The doctor asks with it as well.
    let doctor = try agent.pushrod("doctor", "--config", agent.configuration).output
    let texts = [wrong, right].flatMap { [$0, Data("deploy:\($0)".utf8).base64EncodedString()] }
    for text in texts { #expect(!doctor.contains(text)) }
    try search(agent, texts, runs: [first, second])
    #expect(server.requests.contains { $0.hasSuffix(texts[1]) } && server.requests.contains { $0.hasSuffix(texts[3]) })
  }

  @Test("secrets of senders and people, and those in a broken configuration, are not kept, told or repeated")
  func doors() throws {
    let names = ["bearer", "gitlab", "address", "literal", "url", "stranger"]
    let secrets = Dictionary(uniqueKeysWithValues: names.map { ($0, "\($0)-" + UUID().uuidString) })
    func secret(_ name: String) -> String { secrets[name] ?? "" }
    let files = try TemporaryDirectory("doors")
    for name in ["bearer", "gitlab", "address"] { try files.write(name, secret(name), mode: 0o600) }
    let source = """
      bearer: { sender: generic-bearer, secrets: { file: \(files.file("bearer")) } }
        gitlab: { sender: gitlab, secrets: { file: \(files.file("gitlab")) } }
        checks: { sender: pingdom, secrets: { file: \(files.file("address")) }, allow: [127.0.0.1] }
      """
    let agent = try AgentUnderTest(pipelines: [:], name: "fault14")
    let good = try agent.area.read("pushrod.yml").replacingOccurrences(
      of: "remotes:", with: "  \(source)\nremotes:")
    try agent.area.write("pushrod.yml", good)
    try agent.start()
    func post(_ headers: [String: String], _ source: String) throws -> Int {
      try agent.post(
        body: "{\"object_kind\":\"note\"}", headers: headers.merging(["Content-Type": "application/json"]) { $1 },
        source: source
      )
      .status
    }
    #expect(try post(["Authorization": "Bearer \(secret("bearer"))"], "bearer") == 200)
    #expect(try post(["X-Gitlab-Token": secret("gitlab"), "X-Gitlab-Event": "Note Hook"], "gitlab") == 200)
    #expect(try post(["X-Original": "/webhook/checks/\(secret("address"))"], "checks/\(secret("address"))") == 200)
    // To the wrong door, and with what others use.
    #expect(try post(["Authorization": "Bearer \(secret("bearer"))"], "github") == 401)
    #expect(try post(["Cookie": "session=\(secret("stranger"))"], "gitlab") == 401)
    let token = try agent.pushrod("token", "create", "--scope", "read", "--name", "laptop").output

    // A file with mistakes beside secrets that should not be in it.
    for mistake in [
      "secrets: { TOKEN: \(secret("literal")) }", "secrets: { TOKEN: { valeu: \(secret("literal")) } }",
      "secrets: { TOKEN: [\(secret("literal"))] }",
      "repositories: { \"https://github.com/acme/*\": { token: \(secret("literal")) } }",
      "repositories: { \"https://user:\(secret("url"))@github.com/acme/*\": { token: { env: X } } }",
    ] {
      try agent.area.write("pushrod.yml", good + "\n" + mistake + "\n")
      #expect(try agent.pushrod("reload").status == 1, "\(mistake)")
    }
    try agent.area.write("pushrod.yml", good)
    try agent.area.write(
      "pipelines/shop.yml", "name: shop\nrepo: https://user:\(secret("url"))@github.com/acme/shop.git\nsteps: [x]\n")
    #expect(try agent.pushrod("reload").status == 1)

    let texts = names.map(secret) + [String(token.suffix(40))]
    #expect(token.count > 40)
    try search(agent, texts, runs: [])
    for number in 1...3 {
      let answer = String(decoding: try agent.get("/api/deliveries/\(number)"), as: UTF8.self)
      #expect(!texts.contains { answer.contains($0) })
    }
  }
}
