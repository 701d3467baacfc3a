import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// The ways in for a host that no sender can reach, with the real executables: what comes over them starts a run as a
/// posted delivery does, and only one for each id.
@Suite("Deliveries that the agent fetches itself")
struct WaysInTests {
  private static func agent(_ url: String, _ source: String, files: [String: String] = [:]) throws -> AgentUnderTest {
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": "name: shop\nrepo: \(url)\non: {push: {branches: [main]}}\nsteps: [test -f index.html]\n"
      ], source: source)
    for (name, text) in files { try agent.area.write(name, text, mode: 0o600) }
    return agent
  }

  /// A push as GitHub sends it: compact JSON, signed over these very bytes.
  private static func push(_ repository: GitRepository, commit: String, id: String, secret: String) throws -> (
    headers: [String: String], body: String
  ) {
    let body = GitHubPush(cloneURL: repository.url, after: commit).json
    return (
      [
        "x-github-event": "push", "x-github-delivery": id, "content-type": "application/json",
        "x-hub-signature-256": "sha256=\(try hmacSHA256(body, key: secret))", "host": "smee.io",
      ], body
    )
  }

  private func repository() throws -> (GitRepository, commit: String) {
    let repository = try GitRepository()
    try repository.write("index.html", "hello")
    return (repository, try repository.commit("First"))
  }

  @Test("a relay's push starts one run, also when the same delivery comes again, over it and as a webhook")
  func relay() throws {
    let (repository, commit) = try repository()
    let secret = "an end-to-end test's secret"
    let (headers, body) = try Self.push(repository, commit: commit, id: "d-1", secret: secret)
    let fields = headers.sorted { $0.key < $1.key }.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
    let smee = "{\(fields),\"body\":\(body),\"query\":{},\"timestamp\":1700000000000}"
    let gosmee = "{\(fields),\"bodyB\":\"\(Data(body.utf8).base64EncodedString())\",\"timestamp\":\"1\"}"
    // As a relay would write it that does not keep the sender's spelling.
    let spaced = smee.replacingOccurrences(of: "\"ref\":", with: "\"ref\": ").replacingOccurrences(
      of: "d-1", with: "d-2")
    let relay = try EventStreamServer { subscriber in
      try subscriber.open()
      try subscriber.send(
        "id: 0\nevent: ready\ndata: {}\n\nid: 1\ndata: \(smee)\n\ndata: \(gosmee)\n\ndata: \(spaced)\n\n")
      subscriber.connection.waitUntilGone()
    }
    let agent = try Self.agent(repository.url, "relay: \(relay.url)")
    try agent.start()

    try waitUntil("three deliveries went through") {
      agent.log.components(separatedBy: "event=delivery").count > 3
    }
    #expect(try agent.finished(1).run.state == .succeeded)
    let again = try agent.post(body: body, headers: headers)
    #expect(again.status == 202)
    #expect(again.runs == [1])
    #expect(try agent.pushrod("show", "2").status != 0)

    let inbox = try agent.pushrod("inbox", "ls", "--json").output
    #expect(inbox.contains("the relay wrote the body anew"))
    let doctor = try agent.pushrod("doctor", "--config", agent.configuration).output
    #expect(doctor.contains("Source `github`: connected"), "\(doctor)")
    #expect(agent.terminate(within: 5))
  }

  @Test("GitHub's forwarder is answered with the run, and its webhook is gone when the agent has stopped")
  func forward() throws {
    let (repository, commit) = try repository()
    let secret = "an end-to-end test's secret"
    let (headers, body) = try Self.push(repository, commit: commit, id: "d-1", secret: secret)
    let message = try ForwarderServer.message(headers: headers, body: Array(body.utf8))
    let answers = try TemporaryDirectory("forward-answers")
    let github = try ForwarderServer { socket, _ in
      for number in 1...2 {
        try socket.send(message)
        try answers.write("\(number)", try socket.receiveMessage())
      }
      socket.connection.waitUntilGone()
    }
    let agent = try Self.agent(
      repository.url, "forward: {repository: acme/shop, token: {file: token}, api: \(github.api)}",
      files: ["token": "ghp_t0ken\n"])
    try agent.start()

    // The file is there before its text is.
    try waitUntil("both answers came") { (try? answers.read("2")).map { !$0.isEmpty } ?? false }
    for number in ["1", "2"] {
      let answer = try #require(
        try JSONSerialization.jsonObject(with: Data(try answers.read(number).utf8)) as? [String: Any])
      #expect(answer["Status"] as? Int == 202)
      let said = try #require((answer["Body"] as? String).flatMap { Data(base64Encoded: $0) })
      let verdict = HookResponse(status: 202, body: String(decoding: said, as: UTF8.self))
      #expect(verdict.answer?.verdict == "started")
      #expect(verdict.runs == [1])
    }
    #expect(try agent.finished(1).run.state == .succeeded)
    #expect(try agent.post(body: body, headers: headers).runs == [1])
    #expect(try agent.pushrod("show", "2").status != 0)
    #expect(agent.terminate(within: 5))
    #expect(github.requests.last == "DELETE /repos/acme/shop/hooks/1 Bearer ghp_t0ken")
    for text in [agent.log] { #expect(!text.contains("ghp_t0ken")) }
  }
}
