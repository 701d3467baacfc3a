import Agent
import Door
import Model
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Web

@Suite("What a connection and a request have to pass first")
struct EntranceTests {
  private static let post = "POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n"

  private func loopback() throws -> TrustedProxies {
    TrustedProxies([try #require(AddressRange("127.0.0.0/8"))])
  }

  private func ask(_ port: Int, _ text: String) async throws -> String {
    let connection = try await RawConnection(port: port)
    await connection.send(text)
    return await connection.readToEnd()
  }

  @Test("whom the agent turns away is answered before it has sent its body, and the body is never read")
  func turnedAway() async throws {
    let agent = FakeAgent()
    agent.state.withLock {
      $0.admission = { _ in HookAnswer(status: 429, body: #"{"error":{}}"#, retryAfter: 7) }
    }
    try await withHookServer(agent) { port in
      let connection = try await RawConnection(port: port)
      await connection.send("POST /webhook/a HTTP/1.1\r\nHost: x\r\nX-Id: 7\r\nContent-Length: 1000000\r\n\r\n")
      let answer = await connection.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 429 "), "\(answer)")
      #expect(answer.contains("\r\nRetry-After: 7\r\n") && answer.contains("\r\nConnection: close\r\n"))
    }
    let knock = try #require(agent.state.withLock { $0.knocks.first })
    #expect(knock.source == "a" && knock.address == IPAddress("127.0.0.1") && knock.headers["x-id"] == "7")
    #expect(agent.requests.isEmpty)
  }

  @Test("only a trusted proxy is asked whose request it is", arguments: [true, false])
  func forwarded(trusted: Bool) async throws {
    let agent = FakeAgent()
    let entrance = Entrance(proxies: trusted ? try loopback() : TrustedProxies())
    try await withHookServer(agent, entrance: entrance) { port in
      for header in ["X-Forwarded-For: 192.0.2.66, 2001:db8::7", "Forwarded: for=\"[2001:db8::7]:80\""] {
        let answer = try await ask(port, Self.post + header + "\r\n\r\n{}")
        #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
      }
      for header in ["X-Forwarded-For: rubbish", "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.2"] {
        let answer = try await ask(port, Self.post + header + "\r\n\r\n{}")
        #expect(answer.hasPrefix(trusted ? "HTTP/1.1 400 " : "HTTP/1.1 200 "), "\(answer)")
      }
    }
    let addresses = agent.requests.map(\.address)
    #expect(addresses == (trusted ? ["2001:db8::7", "2001:db8::7"] : Array(repeating: "127.0.0.1", count: 4)))
    #expect(agent.state.withLock { $0.knocks.map { $0.address?.description } } == addresses)
  }

  @Test("two requests of one connection can be of two clients")
  func twoClients() async throws {
    let agent = FakeAgent()
    try await withHookServer(agent, entrance: Entrance(proxies: try loopback())) { port in
      let one = "POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
      _ = try await ask(
        port,
        "\(one)X-Forwarded-For: 192.0.2.1\r\n\r\n\(one)\r\n\(one)Connection: close\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n"
      )
    }
    #expect(agent.requests.map(\.address) == ["192.0.2.1", "127.0.0.1", "192.0.2.2"])
  }

  @Test("a PROXY header says who the client is, in one piece or byte by byte")
  func proxyHeader() async throws {
    let agent = FakeAgent()
    let entrance = Entrance(proxies: try loopback(), speaksProxyProtocol: true)
    let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
    let binary = signature + [0x21, 0x11, 0, 12, 192, 0, 2, 2, 198, 51, 100, 1, 1, 1, 1, 1]
    try await withHookServer(agent, entrance: entrance) { port in
      for header in [
        Array("PROXY TCP4 192.0.2.1 198.51.100.1 51000 443\r\n".utf8), binary, signature + [0x20, 0, 0, 0],
      ] {
        let connection = try await RawConnection(port: port)
        await connection.send(header + Array((Self.post + "\r\n{}").utf8))
        #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 200 "))
      }
      let slow = try await RawConnection(port: port)
      for byte in binary + Array((Self.post + "\r\n{}").utf8) { await slow.send([byte]) }
      #expect(await slow.readToEnd().hasPrefix("HTTP/1.1 200 "))
    }
    #expect(agent.requests.map(\.address) == ["192.0.2.1", "192.0.2.2", "127.0.0.1", "192.0.2.2"])
  }

  @Test("a proxy's connection that does not begin with a PROXY header is closed without a word")
  func missingProxyHeader() async throws {
    let agent = FakeAgent()
    let entrance = Entrance(proxies: try loopback(), speaksProxyProtocol: true)
    try await withHookServer(agent, entrance: entrance) { port in
      for start in ["", "PROXY TCP4 192.0.2.1 rubbish 1 2\r\n", "PROXY"] {
        let answer = try await ask(port, start + Self.post + "\r\n{}")
        #expect(answer.isEmpty, "\(start)")
      }
    }
    #expect(agent.requests.isEmpty)
  }

  @Test("a PROXY header of somebody else is no HTTP")
  func strangersProxyHeader() async throws {
    let agent = FakeAgent()
    let entrance = Entrance(
      proxies: TrustedProxies([try #require(AddressRange("10.0.0.0/8"))]), speaksProxyProtocol: true)
    try await withHookServer(agent, entrance: entrance) { port in
      let answer = try await ask(port, "PROXY TCP4 192.0.2.1 198.51.100.1 51000 443\r\n" + Self.post + "\r\n{}")
      #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
    }
    #expect(agent.requests.isEmpty)
  }

  @Test("a client gets as many connections as it may have, and a new one when one has gone")
  func connectionLimit() async throws {
    let agent = FakeAgent()
    try await withHookServer(agent, entrance: Entrance(counts: ConnectionCounts(limit: 2))) { port in
      do {
        let first = try await RawConnection(port: port)
        let second = try await RawConnection(port: port)
        let one = "POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        // Both are there before the third comes.
        await first.send(one)
        #expect(await first.read(until: "{}").hasPrefix("HTTP/1.1 200 "))
        await second.send(one)
        #expect(await second.read(until: "{}").hasPrefix("HTTP/1.1 200 "))
        let third = try await RawConnection(port: port)
        #expect(await third.readToEnd().isEmpty)
      }
      var answer = ""
      while answer.isEmpty { answer = try await ask(port, Self.post + "\r\n{}") }
      #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }
  }

  @Test("behind a proxy it is its clients' connections that are counted, not the proxy's")
  func connectionsBehindProxy() async throws {
    let agent = FakeAgent()
    let entrance = Entrance(
      proxies: try loopback(), speaksProxyProtocol: true, counts: ConnectionCounts(limit: 1))
    func header(_ address: String) -> String { "PROXY TCP4 \(address) 198.51.100.1 51000 443\r\n" }
    try await withHookServer(agent, entrance: entrance) { port in
      let one = "POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
      let first = try await RawConnection(port: port)
      await first.send(header("192.0.2.1") + one)
      #expect(await first.read(until: "{}").hasPrefix("HTTP/1.1 200 "))
      let other = try await RawConnection(port: port)
      await other.send(header("192.0.2.2") + one)
      #expect(await other.read(until: "{}").hasPrefix("HTTP/1.1 200 "))
      #expect(try await ask(port, header("192.0.2.1") + one).isEmpty)
    }
  }

  @Test("what the listener refuses by itself is told to the agent, once the source is known, with the reason it gave")
  func refusals() async throws {
    let agent = FakeAgent()
    var limits = HookLimits.patient
    (limits.body, limits.bodyTimeout) = (10, .milliseconds(200))
    try await withHookServer(agent, entrance: Entrance(proxies: try loopback()), limits: limits) { port in
      let head = "POST /webhook/shop HTTP/1.1\r\nHost: x\r\n"
      for (request, status) in [
        ("\(head)Content-Length: 11\r\n\r\n", 413),
        ("\(head)Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n", 413),
        ("\(head)Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415),
        ("\(head)X-Forwarded-For: somebody else\r\nContent-Length: 2\r\n\r\n{}", 400),
        ("\(head)X-Forwarded-For: 192.0.2.7\r\nContent-Length: 2\r\n\r\n{", 408),
      ] {
        let answer = try await ask(port, request)
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request): \(answer)")
      }
      _ = try await ask(port, "POST /webhook/shop HTTP/1.1\r\n\r\n")
      _ = try await ask(port, "GET /webhook/shop HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      _ = try await ask(port, "\(head)Content-Length: 2\r\nConnection: close\r\n\r\n{}")
    }
    let tooLarge = "shop 127.0.0.1 413: The body is larger than this server takes."
    #expect(
      agent.refusals == [
        tooLarge, tooLarge, "shop 127.0.0.1 415: The body must be sent without a content encoding.",
        "shop 127.0.0.1 400: What the proxy says of the client in X-Forwarded-For and Forwarded is malformed, or "
          + "contradicts itself.",
        "shop 192.0.2.7 408: The request did not arrive in time.",
        "shop 127.0.0.1 400: The request is not well-formed HTTP.",
      ])
  }

  @Test("all bodies together have so much memory and no more, and it comes back")
  func bodyMemory() async throws {
    let bodies = ByteBudget(50_000)
    func wait(for count: Int) async throws {
      while bodies.taken != count { try await Task.sleep(for: .milliseconds(2)) }
    }
    var limits = HookLimits.patient
    limits.body = 100_000
    try await withHookServer(FakeAgent(), limits: limits, bodies: bodies) { port in
      let head = "POST /webhook/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"
      let nearly = String(repeating: "x", count: 99_999)
      let holder = try await RawConnection(port: port)
      await holder.send(head + nearly)
      try await wait(for: 99_999 - 65_536)
      let answer = try await ask(port, head + nearly + "x")
      #expect(answer.hasPrefix("HTTP/1.1 503 "), "\(answer)")
      #expect(answer.contains("\r\nRetry-After: "))
      // A small one has room, and the one that was there first keeps what it has.
      let small = try await ask(port, Self.post + "\r\n{}")
      #expect(small.hasPrefix("HTTP/1.1 200 "), "\(small)")
      await holder.send("x")
      #expect(await holder.readToEnd().hasPrefix("HTTP/1.1 200 "))
      try await wait(for: 0)
      do {
        let gone = try await RawConnection(port: port)
        await gone.send(head + nearly)
        try await wait(for: 99_999 - 65_536)
      }
      try await wait(for: 0)
    }
  }
}
