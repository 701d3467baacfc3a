import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// That the next connection gets the new certificate, and that a broken pipeline changes nothing, is proved in `DoorTests`
/// and `FollowTests`; here something is under way while it happens.
@Suite("Fault 24: secrets rotated, certificate replaced, configuration broken, while all goes on", .serialized)
struct Fault24_ReloadTests {
  private static let ping = "{\"zen\":\"x\"}"

  private func hangUp(_ agent: AgentUnderTest, until event: String) throws {
    let before = agent.log.components(separatedBy: event).count
    kill(agent.pid, SIGHUP)
    try waitUntil("\(event) after SIGHUP") { agent.log.components(separatedBy: event).count > before }
  }

  @Test("a source's secret is rotated on one open connection: the old one, both, then the new one")
  func hookSecret() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault24")
    let (old, new) = (agent.secret, "the next secret of this source")
    try agent.start()
    let sender = try RawClient(port: agent.port)
    func post(_ key: String) throws -> Int? {
      sender.send(try agent.signedRequest(body: Self.ping, event: "ping", key: key))
      return sender.answer()?.status
    }
    #expect(try [post(old), post(new)] == [200, 401])

    try agent.area.write("next.secret", new + "\n", mode: 0o600)
    let first = try agent.area.read("pushrod.yml")
    let both = first.replacingOccurrences(
      of: "      - file: github.secret", with: "      - file: next.secret\n      - file: github.secret")
    #expect(both != first)
    try agent.area.write("pushrod.yml", both)
    try hangUp(agent, until: "event=reloaded")
    #expect(try [post(old), post(new)] == [200, 200])

    try agent.area.write("pushrod.yml", first.replacingOccurrences(of: "github.secret", with: "next.secret"))
    #expect(try agent.pushrod("reload").status == 0)
    #expect(try [post(old), post(new)] == [401, 200])
  }

  @Test(
    "a pipeline's secret is rotated: a run that is under way keeps the old one, and both are masked; the next has the new one"
  )
  func pipelineSecret() throws {
    let scene = try Deployment(
      "fault24",
      """
      secrets: [TOKEN]
      steps:
      \(Deployment.gate("go"))
        - { name: use, run: 'printf "%s" "$TOKEN" | sha256sum; echo "$TOKEN"' }
      """, settings: "secrets: { TOKEN: { file: WORK/token } }")
    let (old, new) = ("the-old-token", "the-new-token")
    try scene.work.write("token", old, mode: 0o600)
    let agent = scene.agent
    try agent.start()
    let before = try scene.deploy()
    try scene.waitForStep("01-", of: before)
    try scene.work.write("token", new, mode: 0o600)
    try hangUp(agent, until: "event=reloaded")
    try scene.open("go")
    #expect(try agent.finished(before).run.state == .succeeded)
    let after = try scene.deploy()
    #expect(try agent.finished(after).run.state == .succeeded)
    for (run, token) in [(before, old), (after, new)] {
      let hash = try Deployment.hash(ofOutputOf: "printf %s \(token)")
      #expect(try agent.stepLog(run, "02-") == "\(hash)  -\n***\n")
    }
  }

  @Test(
    "a new certificate drops no connection: idle ones, half a body and a request under way go on; the next one sees it")
  func certificate() throws {
    let agent = try AgentUnderTest(
      pipelines: [:], settings: "tls: { certificate: server.pem, key: server.key }", name: "fault24")
    let first = try TestCertificate(in: agent.area)
    let trusted = agent.area.file("first.pem")
    try runChecked(["cp", first.certificate, trusted])
    try agent.start()
    let tunnel = try TLSTunnel(to: agent.port, trusting: trusted)
    let request = try agent.signedRequest(body: Self.ping, event: "ping")
    // An answer on each first: the handshake of every one of them is then over before the certificate changes.
    let idle = try (0..<20).map { _ in try RawClient(port: tunnel.port) }
    let half = try (0..<20).map { _ in try RawClient(port: tunnel.port) }
    for client in idle + half {
      client.send(request)
      #expect(client.answer()?.status == 200)
    }
    for client in half { client.send(String(request.dropLast(3))) }

    let second = try TestCertificate(in: agent.area)
    try hangUp(agent, until: "event=certificate ")

    for client in half {
      client.send(String(request.suffix(3)))
      #expect(client.answer()?.status == 200)
    }
    for client in idle {
      client.send(request)
      #expect(client.answer()?.status == 200)
    }
    // The new one counts: who trusts the old one alone comes in no more, who trusts the new one does.
    let stranger = try RawClient(port: tunnel.port)
    stranger.send(request)
    #expect(stranger.answer() == nil)
    let renewed = try TLSTunnel(to: agent.port, trusting: second.certificate)
    let client = try RawClient(port: renewed.port)
    client.send(request)
    #expect(client.answer()?.status == 200)
    withExtendedLifetime(renewed) {}
  }

  @Test("a configuration that is broken at a reload changes nothing, and doctor and status say so until it is repaired")
  func brokenConfiguration() throws {
    let scene = try Deployment("fault24", "steps: ['true']")
    let agent = scene.agent
    try agent.start()
    let good = try agent.area.read("pushrod.yml")
    func status() throws -> String { String(decoding: try agent.get("/api/status"), as: UTF8.self) }
    func works() throws -> Bool { try agent.post(scene.push()).status == 202 }

    try agent.area.write("pushrod.yml", good + "lisen: 127.0.0.1:1\n")
    try hangUp(agent, until: "event=reload_failed")
    #expect(try status().contains("unknown key `lisen`"))
    let reload = try agent.pushrod("reload")
    #expect(reload.status == 1)
    #expect(reload.errorOutput.contains("unknown key `lisen`"), "\(reload.errorOutput)")
    let doctor = try agent.pushrod("doctor", "--config", agent.configuration)
    #expect(doctor.status == 1)
    #expect(doctor.output.contains("unknown key `lisen`"), "\(doctor.output)")
    #expect(try works())

    // A good pipeline comes into force, and does not hide that the configuration is still broken.
    try agent.area.write("pipelines/more.yml", "name: more\nrepo: \(scene.repository.url)\non: manual\nsteps: [x]\n")
    try waitUntil("the new pipeline is there") { try status().contains("\"more\"") }
    #expect(try status().contains("unknown key `lisen`"))

    // A file that is whole again, but as another than the agent works by: doctor asks the agent.
    try agent.area.write("pushrod.yml", good)
    let apart = try agent.pushrod("doctor", "--config", agent.configuration)
    #expect(apart.status == 1)
    #expect(apart.output.contains("It works by older files"), "\(apart.output)")
    #expect(try agent.pushrod("reload").status == 0)
    #expect(!(try status().contains("lisen")))
    #expect(try agent.pushrod("doctor", "--config", agent.configuration).status == 0)

    // A secret that is gone is a broken configuration too.
    try runChecked(["mv", agent.area.file("github.secret"), agent.area.file("away")])
    #expect(try agent.pushrod("reload").status == 1)
    #expect(try status().contains("github.secret"))
    #expect(try works())
    #expect(agent.terminate(within: 10))
  }
}
