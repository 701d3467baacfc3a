import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// What happens in a crowd is proved for single doors elsewhere (`EntranceTests`); here the kernel itself says no.
@Suite(
  "Fault 11: descriptors out, memory short", .serialized, .enabled(if: findProgram("prlimit") != nil, "no prlimit"))
struct Fault11_ScarcityTests {
  private static let ping = "{\"zen\":\"x\"}"

  private func descriptors(of pid: pid_t) throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").compactMap { Int($0) }
  }

  private func limit(_ pid: pid_t, _ limit: String) throws {
    try runChecked(["prlimit", "--pid", "\(pid)", limit])
  }

  /// A connection over which a delivery has gone already.
  private func sender(to agent: AgentUnderTest) throws -> RawClient {
    let sender = try RawClient(port: agent.port)
    sender.send(try agent.signedRequest(body: Self.ping, event: "ping"))
    #expect(sender.answer()?.status == 200)
    return sender
  }

  @Test("a crowd at every door leaves an agent with 64 descriptors enough to answer, and to carry out a run")
  func crowd() throws {
    let scene = try Deployment("fault11", "steps: ['echo hello']")
    let agent = scene.agent
    try agent.start(wrapper: ["prlimit", "--nofile=64:64"])
    let sender = try sender(to: agent)
    var crowd: [RawClient] = []
    for _ in 0..<200 {
      let client = try RawClient(port: agent.port)
      client.send("POST /webhook/github HTTP/1.1\r\nHost: x\r\nX-A: ")
      crowd.append(client)
    }
    for _ in 0..<50 {
      let follower = try RawClient(socket: agent.socket)
      follower.send("GET /api/runs/1/log HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
      crowd.append(follower)
    }
    sender.send(try agent.signedRequest(body: scene.push().json))
    let answer = try #require(sender.answer())
    #expect(answer.status == 202)
    let events = agent.runDirectory(try #require(answer.runs.first)) + "/events.jsonl"
    try waitUntil("the run has ended beside the crowd") {
      (try? String(contentsOfFile: events, encoding: .utf8).contains("run_finished")) ?? false
    }
    #expect(try descriptors(of: agent.pid).count < 64)
    crowd = []
    #expect(try agent.finished(1).run.state == .succeeded)
    #expect(try agent.post(scene.push()).status == 202)
  }

  @Test("with no descriptor left a push is accepted, its run waits, and all goes on when there are some again")
  func exhausted() throws {
    let scene = try Deployment("fault11", "steps: ['echo hello']")
    let agent = scene.agent
    try agent.start()
    let sender = try sender(to: agent)
    let open = try descriptors(of: agent.pid)
    let highest = try #require(open.max())
    try limit(agent.pid, "--nofile=\(highest + 1):")
    // They fill the gaps below, and the accept loop meets the limit.
    var crowd: [RawClient] = []
    for _ in 0..<(highest + 40 - open.count) { crowd.append(try RawClient(port: agent.port)) }
    try waitUntil("no descriptor is left") { try descriptors(of: agent.pid).count == highest + 1 }

    sender.send(try agent.signedRequest(body: scene.push().json))
    let answer = try #require(sender.answer())
    #expect(answer.status == 202)
    let number = try #require(answer.runs.first)
    try waitUntil("the agent says what it is short of") { agent.log.contains("event=shortage") }
    #expect(agent.log.contains("Too many open files"))
    #expect(!agent.log.contains("event=run_finished"))

    try limit(agent.pid, "--nofile=1024:")
    let shown = try agent.finished(number)
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
    // Those who came meanwhile were kept waiting, not turned away.
    let last = try #require(crowd.last)
    last.send(try agent.signedRequest(body: Self.ping, event: "ping"))
    #expect(last.answer()?.status == 200)
    crowd = []
    #expect(try agent.post(scene.push()).status == 202)
  }

  @Test(
    "memory that is refused costs the delivery at hand, never one that was answered",
    .disabled(if: Sanitizer.name != nil, "a sanitizer ends the program where its own books are refused memory"))
  func memory() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault11")
    try agent.start()
    var answered: [String] = []
    let large = "{\"zen\":\"\(String(repeating: "x", count: 20 << 20))\"}"
    func post(_ body: String, _ id: String) throws -> Bool {
      guard let client = try? RawClient(port: agent.port) else { return false }
      client.send(try agent.signedRequest(body: body, id: id, event: "ping"))
      guard let answer = client.answer(), answer.status < 300 else { return false }
      answered.append(id)
      return true
    }
    for number in 1...3 { #expect(try post(Self.ping, "before-\(number)")) }
    try limit(agent.pid, "--as=\(try ProcessMemory(of: agent.pid).addresses + (16 << 20))")
    var refused = 0
    for number in 1...3 { refused += try post(large, "large-\(number)") ? 0 : 1 }
    #expect(refused > 0, "the limit was never reached")
    _ = try post(Self.ping, "between")

    // Where it ended, its service manager starts it again.
    agent.kill9()
    try agent.start()
    let inbox = try agent.pushrod("inbox", "ls", "--json").output
    for id in answered { #expect(inbox.contains("\"\(id)\""), "\(id)") }
    #expect(try post(Self.ping, "after"))
    agent.kill9()
    #expect(try runChecked(["sqlite3", agent.area.file("data/pushrod.db"), "PRAGMA integrity_check"]) == "ok")
  }
}
