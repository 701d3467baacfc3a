import Agent
import Model
import Testing

@testable import Web

/// Requests that two readers could take for different ones. Each hides a second request, and that one must never be
/// carried out.
@Suite("Framing, to the letter")
struct SmugglingTests {
  private static let start = "POST /webhook/a HTTP/1.1\r\nHost: x\r\n"
  private static let hidden = "POST /webhook/hidden HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
  private static let chunked = start + "Transfer-Encoding: chunked\r\n\r\n"

  private func ask(_ port: Int, _ text: String) async throws -> String {
    let connection = try await RawConnection(port: port)
    await connection.send(text)
    return await connection.readToEnd()
  }

  @Test(
    "what is not to the letter is 400, and the end of the connection",
    arguments: [
      // Lengths
      "\(start)Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "\(start)Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n",
      "\(start)Content-Length: 0\r\nContent-Length: 70\r\n\r\n",
      "\(start)Content-Length: 70\r\nContent-Length: 0\r\n\r\n",
      "\(start)Content-Length: 0\r\nContent-Length: 0\r\n\r\n", "\(start)Content-Length: 0, 70\r\n\r\n",
      "\(start)Content-Length: 0, 0\r\n\r\n", "\(start)Content-Length: -1\r\n\r\n",
      "\(start)Content-Length: +0\r\n\r\n",
      "\(start)Content-Length: 0x0\r\n\r\n", "\(start)Content-Length: 0 70\r\n\r\n", "\(start)Content-Length:\r\n\r\n",
      "\(start)Content-Length: 99999999999999999999\r\n\r\n", "\(start)Content-Length: \u{b}0\r\n\r\n",
      "\(start)Content-Length: 0\u{0}\r\n\r\n", "\(start)Content-Length: ٠\r\n\r\n",
      "\(start)Content-Length: 1.0\r\n\r\na",
      // Transfer codings
      "\(start)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "\(start)Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      "\(start)Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
      "\(start)Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
      "\(start)Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n",
      "\(start)Transfer-Encoding\u{0}: chunked\r\n\r\n0\r\n\r\n",
      "\(start)Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
      // Line ends
      "POST /webhook/a HTTP/1.1\nHost: x\nContent-Length: 0\n\n",
      "POST /webhook/a HTTP/1.1\nHost: x\r\nContent-Length: 0\r\n\r\n",
      "POST /webhook/a HTTP/1.1\r\nHost: x\nContent-Length: 0\r\n\r\n", "\(start)Content-Length: 0\n\r\n",
      "\(start)Content-Length: 0\r\n\n", "\(start)Content-Length: 0\r\r\n\r\n",
      "\(start)X: a\rContent-Length: 70\r\n\r\n",
      "\(start)X: a\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
      // Field lines
      "\(start)X: a\r\n b\r\nContent-Length: 0\r\n\r\n", "\(start)X: a\r\n\tb\r\nContent-Length: 0\r\n\r\n",
      "POST /webhook/a HTTP/1.1\r\n Host: x\r\nContent-Length: 0\r\n\r\n", "\(start)Content-Length : 0\r\n\r\n",
      "\(start)Content-Length\t: 0\r\n\r\n", "\(start): 0\r\nContent-Length: 0\r\n\r\n",
      "\(start)X Y: 0\r\nContent-Length: 0\r\n\r\n",
      "\(start)X: a\u{0}b\r\nContent-Length: 0\r\n\r\n", "\(start)X\u{0}: a\r\nContent-Length: 0\r\n\r\n",
      "\(start)X: a\u{7f}\r\nContent-Length: 0\r\n\r\n", "\(start)Xé: a\r\nContent-Length: 0\r\n\r\n",
      "\(start)X\r\nContent-Length: 0\r\n\r\n",
      // Request lines and versions
      "POST /webhook/a\u{0} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "GET /healthz\r\n",
      "GET /healthz HTTP/0.9\r\n\r\n",
      "GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n", "GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n",
      "GET /healthz http/1.1\r\nHost: x\r\n\r\n",
      "GET /healthz HTTP/1.1 \r\nHost: x\r\n\r\n", "GET\t/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "post /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      // Hosts
      "POST /webhook/a HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "\(start)Host: x\r\nContent-Length: 0\r\n\r\n",
      "\(start)Host: y\r\nContent-Length: 0\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost:\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: u@a\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: a, b\r\n\r\n",
      // Chunks
      "\(chunked)10000000000000000\r\n", "\(chunked)0x1\r\na\r\n0\r\n\r\n", "\(chunked)-1\r\na\r\n0\r\n\r\n",
      "\(chunked)+1\r\na\r\n0\r\n\r\n",
      "\(chunked)1 \r\na\r\n0\r\n\r\n", "\(chunked) 1\r\na\r\n0\r\n\r\n", "\(chunked)\r\na\r\n0\r\n\r\n",
      "\(chunked)1\na\r\n0\r\n\r\n",
      "\(chunked)1\ra\r\n0\r\n\r\n", "\(chunked)1;a\nb\r\na\r\n0\r\n\r\n", "\(chunked)1\r\na\n0\r\n\r\n",
      "\(chunked)1\r\na0\r\n\r\n",
      "\(chunked)1\r\naXX0\r\n\r\n", "\(chunked)1\r\na\r\n0\n\r\n", "\(chunked)1\r\na\r\n0\r\n\n", "\(chunked)g\r\n",
      // Trailers
      "\(chunked)1\r\na\r\n0\r\nX: y\n\r\n", "\(chunked)1\r\na\r\n0\r\nContent-Length: 70\r\n\r\n",
      "\(chunked)1\r\na\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", "\(chunked)1\r\na\r\n0\r\nX y\r\n\r\n",
    ])
  func refused(request: String) async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      // That the read ends is the proof that the connection was closed.
      let answer = try await ask(port, request + Self.hidden)
      #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
      #expect(answer.split(separator: "HTTP/1.1 ").count == 1, "\(answer)")
      #expect(answer.contains("\r\nConnection: close\r\n"))
    }
    #expect(agent.requests.isEmpty)
  }

  @Test(
    "a coding that is not known is 501, and the end of the connection",
    arguments: ["xchunked", "\"chunked\"", "gzip, chunked", "", "chunked;q=1", "gzip"])
  func unknownCodings(coding: String) async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let answer = try await ask(port, "\(Self.start)Transfer-Encoding: \(coding)\r\n\r\n0\r\n\r\n" + Self.hidden)
      #expect(answer.hasPrefix("HTTP/1.1 501 ") || answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
      #expect(answer.split(separator: "HTTP/1.1 ").count == 1)
    }
    #expect(agent.requests.isEmpty)
  }

  @Test(
    "a request in the body of another is its body",
    arguments: [
      "\(start)Content-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)",
      "\(start)Content-Length: 0\(hidden.utf8.count)\r\n\r\n\(hidden)",
      "\(start)content-length: \(hidden.utf8.count)\r\n\r\n\(hidden)",
      "\(start)Transfer_Encoding: chunked\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)",
      "\(start)X-Content-Length: 0\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n\(hidden)",
      "\(chunked)\(String(hidden.utf8.count, radix: 16))\r\n\(hidden)\r\n0\r\n\r\n",
      "\(chunked)000\(String(hidden.utf8.count, radix: 16))\r\n\(hidden)\r\n0\r\n\r\n",
      "\(chunked)\(String(hidden.utf8.count, radix: 16));name=value\r\n\(hidden)\r\n0\r\nX-Trailer: y\r\n\r\n",
      "\(start)Transfer-Encoding: CHUNKED\r\n\r\n\(String(hidden.utf8.count, radix: 16))\r\n\(hidden)\r\n0\r\n\r\n",
    ])
  func body(request: String) async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let answer = try await ask(port, request + "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      #expect(answer.split(separator: "HTTP/1.1 200 ").count == 2, "\(answer)")
    }
    #expect(agent.requests.map(\.source) == ["a"])
    #expect(agent.requests.first?.body == Array(Self.hidden.utf8))
    #expect(agent.requests.first?.headers["x-trailer"] == nil)
  }

  @Test("a request behind one that asks for another protocol is not carried out")
  func upgrade() async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let answer = try await ask(
        port,
        "\(Self.start)Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 0\r\n\r\n"
          + Self.hidden)
      #expect(answer.split(separator: "HTTP/1.1 ").count == 1, "\(answer)")
    }
    #expect(agent.requests.map(\.source) == ["a"])
  }

  @Test("a chunk that is announced as larger than memory is cut off at the limit")
  func hugeChunk() async throws {
    let agent = FakeAgent()
    var limits = HookLimits.patient
    limits.body = 10_000
    try await withHookServer(agent, limits: limits) { port in
      for size in ["7fffffffffffffff", "ffffffffffffffff"] {
        let answer = try await ask(port, "\(Self.chunked)\(size)\r\n" + String(repeating: "x", count: 10_001))
        #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
      }
    }
    #expect(agent.requests.isEmpty)
  }

  @Test(
    "other forms of a target lead nowhere",
    arguments: [
      "POST http://x/webhook/a", "POST //webhook/a", "POST /webhook/../webhook/a", "POST /webhook//a",
      "POST /webhook/a/",
      "POST *", "CONNECT x:443", "POST /WEBHOOK/a", "POST /webhook/a%00", "POST /webhook/a;x=1", "POST /webhook/\\a",
    ])
  func targets(line: String) async throws {
    let agent = FakeAgent()
    try await withHookServer(agent) { port in
      let answer = try await ask(port, "\(line) HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 404 ") || answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
    }
    #expect(agent.requests.isEmpty)
  }

  @Test(
    "blanks that the parser keeps without counting them end the connection, however a request goes on with them",
    arguments: [
      "POST /webhook/a HTTP/1.1\r\nHost: x\r\nX: ", "POST /webhook/a", "POST ",
      "POST /webhook/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ])
  func endlessBlanks(beginning: String) async throws {
    let access = FakeAccess(["good": .admin])
    func flood(_ port: Int) async throws -> String {
      let connection = try await RawConnection(port: port)
      await connection.send(beginning)
      let blanks = [UInt8](repeating: 0x20, count: 64 << 10)
      for _ in 0..<8 { await connection.send(blanks) }
      return await connection.readToEnd()
    }
    try await withHookServer(FakeAgent()) { port in
      let answer = try await flood(port)
      #expect(answer.hasPrefix("HTTP/1.1 431 "), "\(answer)")
    }
    try await withTCPServer(FakeAgent(), access) { port in
      let answer = try await flood(port)
      #expect(answer.hasPrefix("HTTP/1.1 4"), "\(answer)")
    }
  }
}
