import Agent
import Model
import NIOCore
import Testing

@testable import Web

@Suite("The hook endpoint")
struct HookServerTests {
  @Test("a delivery reaches the agent byte for byte, and the agent's answer reaches the sender")
  func delivery() async throws {
    let agent = FakeAgent()
    agent.answers { _ in HookAnswer(status: 202, body: #"{"verdict":"started"}"#) }
    try await withHookServer(agent) { port in
      let connection = try await RawConnection(port: port)
      let body = Array("a\0b\r\n".utf8) + [0xff, 0xfe]
      await connection.send(
        "POST /webhook/github HTTP/1.1\r\nHost: x\r\nX-GitHub-Event: push\r\nX-Twice: 1\r\nX-Twice: 2\r\n"
          + "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n")
      await connection.send(body)
      let answer = await connection.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 202 Accepted\r\n"), "\(answer)")
      #expect(answer.contains("Content-Type: application/json\r\n"))
      #expect(answer.contains("Connection: close\r\n"))
      #expect(answer.contains("\r\nDate: "))
      #expect(answer.hasSuffix("\r\n\r\n" + #"{"verdict":"started"}"#))
      let request = try #require(agent.requests.first)
      #expect(request.source == "github")
      #expect(request.body == body)
      #expect(request.address == "127.0.0.1")
      #expect(request.headers["x-github-event"] == "push")
      #expect(request.headers[all: "x-twice"] == ["1", "2"])
    }
  }

  @Test("what the address has after the source's name reaches the agent as it was sent, each time anew")
  func address() async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let request = { (target: String, more: String) in
        "POST \(target) HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\(more)\r\n"
      }
      _ = await Self.ask(
        port,
        request("/webhook/checks/aB3-._~", "") + request("/webhook/phone?b=%2f+x&&a=1", "")
          + request("/webhook/github", "Connection: close\r\n"))
      #expect(agent.requests.map(\.source) == ["checks", "phone", "github"])
      #expect(agent.requests.map(\.token) == ["aB3-._~", nil, nil])
      #expect(agent.requests.map(\.query) == [nil, "b=%2f+x&&a=1", nil])
    }
  }

  @Test("an overloaded agent's answer says when to come back")
  func retryAfter() async throws {
    let agent = FakeAgent()
    agent.answers { _ in HookAnswer(status: 503, body: "{}", retryAfter: 7) }
    try await withHookServer(agent) { port in
      let answer = await Self.ask(
        port, "POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 503 "))
      #expect(answer.contains("\r\nRetry-After: 7\r\n"))
    }
  }

  @Test("many deliveries come over one connection, and pipelined ones are answered in order")
  func pipelining() async throws {
    let agent = FakeAgent()
    agent.answers { request in
      // The first ones take longest.
      if request.body.first == UInt8(ascii: "0") { try? await Task.sleep(for: .milliseconds(50)) }
      return HookAnswer(status: 200, body: "<\(String(decoding: request.body, as: UTF8.self))>")
    }
    try await withHookServer(agent) { port in
      let connection = try await RawConnection(port: port)
      var text = ""
      for number in 0..<50 {
        let body = "\(number)"
        text += "POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n"
        text += (number == 49 ? "Connection: close\r\n" : "") + "\r\n\(body)"
      }
      await connection.send(text)
      let answers = await connection.readToEnd()
      let order = answers.split(separator: "<").dropFirst().compactMap {
        $0.split(separator: ">").first.flatMap { Int($0) }
      }
      #expect(order == Array(0..<50))
    }
  }

  @Test("a body is taken up to the limit and not one byte more", arguments: [false, true])
  func bodyLimit(chunked: Bool) async throws {
    let agent = FakeAgent()
    var limits = HookLimits.patient
    limits.body = 100_000
    try await withHookServer(agent, limits: limits) { port in
      for size in [limits.body - 1, limits.body, limits.body + 1] {
        let body = String(repeating: "x", count: size)
        let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(size)"
        let answer = await Self.ask(
          port,
          "POST /webhook/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(framing)\r\n\r\n"
            + (chunked ? "\(String(size, radix: 16))\r\n\(body)\r\n0\r\n\r\n" : body))
        #expect(
          answer.hasPrefix(size <= limits.body ? "HTTP/1.1 200 " : "HTTP/1.1 413 "), "\(size): \(answer.prefix(200))")
      }
    }
    #expect(agent.requests.map(\.body.count) == [limits.body - 1, limits.body])
  }

  @Test("a body that is announced as too large is refused before it is sent")
  func announcedTooLarge() async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let connection = try await RawConnection(port: port)
      await connection.send(
        "POST /webhook/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 26214401\r\n\r\n")
      let answer = await connection.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
      #expect(answer.contains("\r\nConnection: close\r\n"))
    }
    #expect(agent.requests.isEmpty)
  }

  @Test("chunks without end are cut off, and the sender still reads why")
  func endlessChunks() async throws {
    let agent = FakeAgent()
    var limits = HookLimits.patient
    limits.body = 1 << 20
    try await withHookServer(agent, limits: limits) { port in
      let connection = try await RawConnection(port: port)
      await connection.send("POST /webhook/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
      let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
      for _ in 0..<64 { await connection.send(chunk) }
      let answer = await connection.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
    }
    #expect(agent.requests.isEmpty)
  }

  @Test("a client that asks is told to go on with its body")
  func expectContinue() async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let connection = try await RawConnection(port: port)
      await connection.send(
        "POST /webhook/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n")
      let first = await connection.read(until: "\r\n\r\n")
      #expect(first == "HTTP/1.1 100 Continue\r\n\r\n")
      await connection.send("{}")
      #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 200 "))
    }
    #expect(agent.requests.map(\.body) == [Array("{}".utf8)])
  }

  @Test(
    "what is not a hook is not there, and no part of a request comes back in the answer",
    arguments: [
      ("GET / HTTP/1.1", "404"), ("GET /canary HTTP/1.1", "404"), ("POST /api/runs HTTP/1.1", "404"),
      ("POST /webhook/can%61ry HTTP/1.1", "404"), ("GET /webhook/canary HTTP/1.1", "405"),
      ("DELETE /webhook/canary HTTP/1.1", "405"), ("POST /healthz?canary HTTP/1.1", "405"),
      ("OPTIONS * HTTP/1.1", "404"), ("CONNECT canary:443 HTTP/1.1", "404"), ("CANARY / HTTP/1.1", "400"),
    ])
  func refusals(line: String, status: String) async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let answer = await Self.ask(port, "\(line)\r\nHost: canary\r\nX-Canary: canary\r\nConnection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
      #expect(!answer.lowercased().contains("canary"))
      #expect(answer.contains("\r\nAllow: ") == (status == "405"))
      #expect(!answer.contains("Location"))
    }
    #expect(agent.requests.isEmpty)
  }

  @Test(
    "a request that two readers could read differently is refused and the connection closed",
    arguments: [
      ("POST /webhook/a HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "400"),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n", "400"),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", "400"),
      (
        "POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"
      ),
      (
        "POST /webhook/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "400"
      ),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"),
      ("POST /webhook/a HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n", "400"),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nBad Name: 0\r\n\r\n", "400"),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", "400"),
      ("POST /webhook/a HTTP/3.1\r\nHost: x\r\n\r\n", "400"),
      ("not http at all\r\n\r\n", "400"),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "415"),
      ("POST /webhook/a HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 3\r\n\r\nabc", "417"),
    ])
  func strictness(request: String, status: String) async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      // No `Connection: close` is asked for: that the read ends is the proof that the server closed.
      let answer = await Self.ask(port, request)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
      #expect(answer.components(separated: "HTTP/1.1 ") == 1, "one answer: \(answer)")
    }
    #expect(agent.requests.isEmpty)
  }

  @Test("headers beyond the limits are refused", arguments: [(1, 20_000), (3, 15_000), (200, 10)])
  func headerLimits(count: Int, size: Int) async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      var request = "POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
      for number in 0..<count { request += "X-\(number): \(String(repeating: "x", count: size))\r\n" }
      let answer = await Self.ask(port, request + "\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 431 "), "\(answer)")
    }
    #expect(agent.requests.isEmpty)
  }

  @Test("slow heads and slow bodies are answered with 408, a slow agent with 503, an idle connection is closed")
  func deadlines() async throws {
    let agent = FakeAgent()
    agent.answers { request in
      if request.source == "slow" { try? await Task.sleep(for: .seconds(30)) }
      return HookAnswer(status: 200, body: "{}")
    }
    var limits = HookLimits.patient
    limits.headerTimeout = .seconds(1)
    limits.bodyTimeout = .seconds(1)
    limits.idleTimeout = .seconds(1)
    limits.answerTimeout = .seconds(1)
    try await withHookServer(agent, limits: limits) { port in
      #expect(await Self.ask(port, "").hasPrefix("HTTP/1.1 408 "))
      #expect(await Self.ask(port, "POST /webhook/a HTTP/1.1\r\nHos").hasPrefix("HTTP/1.1 408 "))
      let head = "HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
      #expect(await Self.ask(port, "POST /webhook/a \(head){").hasPrefix("HTTP/1.1 408 "))
      let late = await Self.ask(port, "POST /webhook/slow \(head){}")
      #expect(late.hasPrefix("HTTP/1.1 503 "))
      #expect(late.contains("\r\nRetry-After: "))
      #expect(await Self.ask(port, "POST /webhook/a \(head){}").hasSuffix("\r\n\r\n{}"))
    }
  }

  @Test("a client that has said all it had to say still gets its answer")
  func halfClosed() async throws {
    let agent = FakeAgent()
    agent.answers { _ in
      try? await Task.sleep(for: .milliseconds(50))
      return HookAnswer(status: 200, body: "{}")
    }
    try await withHookServer(agent) { port in
      let connection = try await RawConnection(port: port)
      await connection.send("POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
      connection.finishSending()
      #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 200 "))
    }
  }

  @Test("a client that ends in the middle of a body is told so, and nothing reaches the agent")
  func goneInTheMiddle() async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      for _ in 0..<20 {
        let connection = try await RawConnection(port: port)
        await connection.send("POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        connection.finishSending()
        #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 400 "))
      }
      #expect(
        await Self.ask(port, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").hasPrefix("HTTP/1.1 200 ")
      )
    }
    #expect(agent.requests.isEmpty)
  }

  @Test("a good delivery before a bad one on the same connection is answered")
  func goodBeforeBad() async throws {
    let agent = FakeAgent()
    agent.answers { _ in
      try? await Task.sleep(for: .milliseconds(50))
      return HookAnswer(status: 202, body: "{}")
    }
    try await withHookServer(agent) { port in
      let good = "POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
      let answer = await Self.ask(port, good + "rubbish\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 202 "), "\(answer)")
    }
    #expect(agent.requests.count == 1)
  }

  @Test("pipelined deliveries of a client that has said all are all answered")
  func pipelinedAndHalfClosed() async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let connection = try await RawConnection(port: port)
      let one = "POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
      await connection.send(one + one + one)
      connection.finishSending()
      #expect(await connection.readToEnd().components(separated: "HTTP/1.1 200 ") == 3)
    }
  }

  @Test("an old client gets its connection kept where it asks, and closed where it does not")
  func oldClients() async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let connection = try await RawConnection(port: port)
      await connection.send("POST /webhook/a HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
      #expect(await connection.read(until: "{}").contains("\r\nConnection: keep-alive\r\n"))
      await connection.send("POST /webhook/a HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
      #expect(await connection.readToEnd().contains("\r\nConnection: close\r\n"))
    }
    #expect(agent.requests.count == 2)
  }

  @Test("the health of the process needs no agent")
  func health() async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let get = await Self.ask(port, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      #expect(get.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(get.hasSuffix("\r\n\r\n" + #"{"status":"ok"}"#))
      let head = await Self.ask(port, "HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      #expect(head.contains("\r\nContent-Length: 15\r\n"))
      #expect(head.hasSuffix("\r\n\r\n"))
    }
  }

  @Test("a delivery that is being answered when the agent is stopped gets its answer")
  func shutdown() async throws {
    let agent = FakeAgent()
    let (began, announce) = AsyncStream.makeStream(of: Void.self)
    agent.answers { _ in
      announce.yield()
      try? await Task.sleep(for: .milliseconds(300))
      return HookAnswer(status: 202, body: "{}")
    }
    async let answer = withCheckedContinuation { (continuation: CheckedContinuation<RawConnection, Never>) in
      Task {
        try await withHookServer(agent) { port in
          let connection = try await RawConnection(port: port)
          await connection.send("POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
          for await _ in began { break }
          continuation.resume(returning: connection)
        }
      }
    }.readToEnd()
    #expect(await answer.hasPrefix("HTTP/1.1 202 "))
  }

  @Test("a connection whose first request is only coming when the agent is stopped gets its answer")
  func lastChance() async throws {
    let agent = FakeAgent()
    agent.answers { _ in HookAnswer(status: 202, body: "{}") }
    let connection = await withCheckedContinuation { (continuation: CheckedContinuation<RawConnection, Never>) in
      Task {
        try await withHookServer(agent) { port in
          let connection = try await RawConnection(port: port)
          await connection.send("POST /webhook/a HTTP/1.1\r\nHost: x\r\n")
          // Until it has been accepted.
          try await Task.sleep(for: .milliseconds(300))
          continuation.resume(returning: connection)
        }
      }
    }
    // The listener is closed by then.
    try await Task.sleep(for: .milliseconds(500))
    await connection.send("Content-Length: 0\r\n\r\n")
    #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 202 "))
  }

  /// One request on a connection of its own; everything that came back.
  private static func ask(_ port: Int, _ request: String) async -> String {
    guard let connection = try? await RawConnection(port: port) else { return "no connection" }
    await connection.send(request)
    return await connection.readToEnd()
  }
}

extension String {
  /// How often `part` occurs.
  fileprivate func components(separated part: String) -> Int { ranges(of: part).count }
}
