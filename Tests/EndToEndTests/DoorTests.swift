import EndToEndSupport
import Foundation
import Glibc
import TestSupport
import Testing

/// The door of the real agent: encrypted, crowded, flooded.
@Suite(.serialized) struct DoorTests {
  private let push = GitHubPush(
    cloneURL: "https://github.com/acme/nothing.git", after: String(repeating: "a1", count: 20))

  /// Connections of this process to the agent, closed at the end.
  private final class Connections {
    private(set) var descriptors: [Int32] = []

    func open(to port: Int) throws -> Int32 {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(UInt16(port).bigEndian)
      address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
      let code = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard code == 0 else { throw CommandFailure("cannot connect: errno \(errno)") }
      descriptors.append(descriptor)
      return descriptor
    }

    /// Whether all of it went out.
    @discardableResult
    func send(_ bytes: [UInt8], on descriptor: Int32) -> Bool {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }

    func answer(on descriptor: Int32) -> String {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
        bytes += buffer[..<count]
      }
    }

    /// Whether something has come, or the connection has ended.
    func hasAnswer(on descriptor: Int32) -> Bool {
      var byte: UInt8 = 0
      return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)) >= 0
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
  }

  /// Resident memory in bytes: now, and at its highest so far.
  private func memory(of pid: pid_t) throws -> (now: Int, peak: Int) {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    func value(_ name: String) -> Int {
      let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
      return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
    return (value("VmRSS"), value("VmHWM"))
  }

  @Test("five hundred clients that trickle do not keep a real delivery from being answered")
  func slowClients() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "slow-clients")
    try agent.start()
    let slow = Connections()
    for number in 0..<500 {
      let connection = try slow.open(to: agent.port)
      switch number % 3 {
      case 0: slow.send(Array("POST /webhook/github".utf8), on: connection)
      case 1: slow.send(Array("POST /webhook/github HTTP/1.1\r\nHost: x\r\nX-A: ".utf8), on: connection)
      default:
        slow.send(
          Array("POST /webhook/github HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n{".utf8), on: connection)
      }
    }
    let began = ContinuousClock.now
    for _ in 0..<3 {
      for connection in slow.descriptors { slow.send([UInt8(ascii: "x")], on: connection) }
      #expect(try agent.post(push).status == 200)
    }
    print("three deliveries beside 500 slow clients: \(ContinuousClock.now - began)")
    // All of them are still there: none was answered before the deliveries were.
    let waiting = slow.descriptors.filter { !slow.hasAnswer(on: $0) }
    #expect(waiting.count == 500)
  }

  @Test("the agent's memory stays where it was: compressed bombs, endless chunks, many large bodies")
  func flatMemory() throws {
    let agent = try AgentUnderTest(pipelines: [:], settings: "limits: { body: 4M, body_memory: 8M }", name: "memory")
    try agent.start()
    #expect(try agent.post(push).status == 200)
    let before = try memory(of: agent.pid)
    let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    let head = "POST /webhook/github HTTP/1.1\r\nHost: x\r\n"

    for _ in 0..<20 {
      let bomb = Connections()
      let connection = try bomb.open(to: agent.port)
      bomb.send(Array((head + "Content-Encoding: gzip\r\nContent-Length: 4000000\r\n\r\n").utf8), on: connection)
      #expect(bomb.answer(on: connection).hasPrefix("HTTP/1.1 415 "))
    }
    for _ in 0..<20 {
      let endless = Connections()
      let connection = try endless.open(to: agent.port)
      endless.send(Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8), on: connection)
      let chunk = Array("100000\r\n".utf8) + block + Array("\r\n".utf8)
      for _ in 0..<16 { endless.send(chunk, on: connection) }
      #expect(endless.answer(on: connection).hasPrefix("HTTP/1.1 413 "))
    }
    var crowd = Connections()
    for _ in 0..<60 {
      let connection = try crowd.open(to: agent.port)
      crowd.send(Array((head + "Content-Length: 4194304\r\n\r\n").utf8), on: connection)
      // All but the last bytes: as many as may are held by the agent, and the others are refused.
      crowd.send(block, on: connection)
      crowd.send(block, on: connection)
    }
    func refused() -> [Int32] { crowd.descriptors.filter { crowd.hasAnswer(on: $0) } }
    try waitUntil("most are refused") { refused().count >= 50 }
    #expect(crowd.answer(on: try #require(refused().last)).hasPrefix("HTTP/1.1 503 "))
    let after = try memory(of: agent.pid)
    print("memory: \(before.now >> 20) MB before, \(after.peak >> 20) MB at its highest")
    // 8 MB of bodies, twice while an array grows, and what the network's buffers hold.
    #expect(after.peak - before.now < 64 << 20)
    crowd = Connections()
    try waitUntil("there is room again") { try agent.post(push, id: "after").status == 200 }
  }

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
