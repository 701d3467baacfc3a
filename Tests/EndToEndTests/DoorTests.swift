import EndToEndSupport
import Foundation
import TestSupport
import Testing

/// The door of the real agent: encrypted, flooded. A crowd at it is `Fault16_HostileRequestsTests`.
@Suite(.serialized) struct DoorTests {
  @Test("a flood of refused deliveries leaves one note, and a forge that may is answered")
  func flood() throws {
    let agent = try AgentUnderTest(
      pipelines: [:],
      settings: "trusted_proxies: [127.0.0.1]\nlimits: { rate_per_address: 5/m }", name: "flood")
    try agent.start()
    func from(_ address: String) throws -> HookResponse {
      try agent.post(body: "{}", headers: ["X-Forwarded-For": address])
    }
    var answers: [Int] = []
    for _ in 0..<30 { answers.append(try from("192.0.2.1").status) }
    #expect(answers == Array(repeating: 401, count: 5) + Array(repeating: 429, count: 25))
    #expect(try from("192.0.2.2").status == 401)
    try waitUntil("the notes are written") {
      try agent.pushrod("inbox", "ls", "--json").output.contains("more than 5/m from this address")
    }
    let notes = try agent.pushrod("inbox", "ls", "--json").output
    #expect(notes.components(separatedBy: "more than 5/m").count == 2)
  }

  @Test("HTTPS: deliveries come in, doctor knows the certificate, SIGHUP takes a new one and keeps a broken one out")
  func certificates() throws {
    let agent = try AgentUnderTest(pipelines: [:], settings: "tls: { certificate: server.pem, key: server.key }")
    let missing = try agent.pushrod("check", "--config", agent.configuration)
    #expect(missing.status == 1 && missing.output.contains("server.pem: the file does not exist"), "\(missing.output)")
    let first = try TestCertificate(in: agent.area, days: 5)
    let check = try agent.pushrod("check", "--config", agent.configuration)
    #expect(check.status == 0 && check.output.contains("certificate, and the key fits"), "\(check.output)")
    try agent.start()
    func post(trusting certificate: String) throws -> String {
      try run([
        "curl", "-sS", "--max-time", "20", "--cacert", certificate, "-o", "/dev/null", "-w", "%{http_code}", "-d", "{}",
        "https://localhost:\(agent.port)/webhook/github",
      ]).output
    }
    #expect(try post(trusting: first.certificate) == "401")
    let doctor = try agent.pushrod("doctor", "--config", agent.configuration).output
    #expect(doctor.contains("warn  certificate") && doctor.contains("is valid for 4 more days"), "\(doctor)")

    let old = agent.area.file("old.pem")
    try runChecked(["cp", first.certificate, old])
    try agent.area.write("server.pem", "rubbish")
    kill(agent.pid, SIGHUP)
    try waitUntil("the broken one is told") { agent.log.contains("event=certificate_refused") }
    #expect(try post(trusting: old) == "401")

    let second = try TestCertificate(in: agent.area)
    kill(agent.pid, SIGHUP)
    try waitUntil("the new one counts") { try post(trusting: second.certificate) == "401" }
    #expect(try post(trusting: old) == "000")
  }

  @Test("an agent with a certificate that cannot be used does not start, and says which file and why")
  func brokenCertificate() throws {
    let agent = try AgentUnderTest(pipelines: [:], settings: "tls: { certificate: server.pem, key: server.key }")
    #expect(throws: (any Error).self) { try agent.start() }
    #expect(agent.log.contains("server.pem: the file does not exist"), "\(agent.log)")
    let files = try TestCertificate(in: agent.area)
    try runChecked(["chmod", "644", files.key])
    #expect(throws: (any Error).self) { try agent.start() }
    #expect(agent.log.contains("server.key: everybody on this machine may read"), "\(agent.log)")
  }
}
