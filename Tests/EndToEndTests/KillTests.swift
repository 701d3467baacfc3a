import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// Durability is claimed only where a test kills the process and looks.
@Suite("What a kill -9 leaves")
struct KillTests {
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
