import EndToEndSupport
import Foundation
import TestSupport
import Testing

/// Every wrong way to frame a request, and every limit, has its own test (`SmugglingTests`, `HookServerTests`,
/// `EntranceTests`); here it is the real agent, plain and with TLS, with all of its limits around it, and a delivery beside.
@Suite("Fault 16: slow, endless and compressed requests", .serialized)
struct Fault16_HostileRequestsTests {
  enum Listener: CaseIterable {
    case plain, tls
  }

  /// An agent, and a port that leads to it.
  private struct Scene {
    let agent: AgentUnderTest
    let port: Int
    private let tunnel: TLSTunnel?

    init(_ listener: Listener, settings: String = "") throws {
      let isTLS = listener == .tls
      agent = try AgentUnderTest(
        pipelines: [:],
        settings: settings + (isTLS ? "\ntls: { certificate: server.pem, key: server.key }" : ""), name: "fault16")
      let certificate = isTLS ? try TestCertificate(in: agent.area) : nil
      try agent.start()
      tunnel = try certificate.map { [agent] in try TLSTunnel(to: agent.port, trusting: $0.certificate) }
      port = tunnel?.port ?? agent.port
    }

    func client() throws -> RawClient { try RawClient(port: port) }

    /// Posts a delivery that has to come through.
    func deliver() throws -> Int? {
      let client = try client()
      client.send(try agent.signedRequest(body: "{\"zen\":\"x\"}", event: "ping"))
      return client.answer()?.status
    }
  }

  private static let head = "POST /webhook/github HTTP/1.1\r\nHost: localhost\r\n"

  @Test(
    "five hundred clients that trickle do not keep a real delivery from being answered", arguments: Listener.allCases)
  func slowClients(listener: Listener) throws {
    let scene = try Scene(listener)
    var slow: [RawClient] = []
    for number in 0..<500 {
      let client = try scene.client()
      switch number % 3 {
      case 0: client.send("POST /webhook/github")
      case 1: client.send(Self.head + "X-A: ")
      default: client.send(Self.head + "Content-Length: 20000000\r\n\r\n{")
      }
      slow.append(client)
    }
    // With TLS there is one more thing to be slow at: a handshake that never ends.
    let mute = listener == .tls ? try (0..<100).map { _ in try RawClient(port: scene.agent.port) } : []
    for client in mute { client.send([0x16, 0x03, 0x01]) }
    let began = ContinuousClock.now
    for _ in 0..<3 {
      for client in slow { client.send("x") }
      #expect(try scene.deliver() == 200)
    }
    print("\(listener): three deliveries beside \(500 + mute.count) slow clients: \(ContinuousClock.now - began)")
    // All of them are still there: none was answered before the deliveries were.
    #expect(slow.count { !$0.hasAnswer } == 500)
  }

  @Test("a client that is too slow is told so: its head, its body, a body of chunks", arguments: Listener.allCases)
  func tooSlow(listener: Listener) throws {
    let scene = try Scene(listener, settings: "limits: { header_timeout: 1s, body_timeout: 1s }")
    for start in [
      Self.head, Self.head + "Content-Length: 100\r\n\r\n{", Self.head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ] {
      let client = try scene.client()
      client.send(start)
      let answer = client.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
    }
    if listener == .tls {
      let mute = try RawClient(port: scene.agent.port)
      mute.send([0x16, 0x03, 0x01])
      #expect(mute.readToEnd().isEmpty)
    }
    #expect(try scene.deliver() == 200)
  }

  @Test(
    "a body is taken up to the limit and not one byte more, in one piece or in chunks", arguments: Listener.allCases)
  func bodyLimit(listener: Listener) throws {
    let scene = try Scene(listener, settings: "limits: { body: 64K }")
    let limit = 64 << 10
    for (size, expected) in [(limit - 1, 200), (limit, 200), (limit + 1, 413)] {
      let empty = "{\"zen\":\"\"}"
      let body = "{\"zen\":\"" + String(repeating: "x", count: size - empty.utf8.count) + "\"}"
      let request = try scene.agent.signedRequest(body: body, event: "ping")
      let whole = try scene.client()
      whole.send(request)
      #expect(whole.answer()?.status == expected, "\(size) bytes")

      let parts = request.components(separatedBy: "Content-Length: \(size)\r\n\r\n")
      let chunked = try scene.client()
      chunked.send(parts[0] + "Transfer-Encoding: chunked\r\n\r\n")
      for start in stride(from: 0, to: size, by: 5000) {
        let piece = body.utf8.dropFirst(start).prefix(5000)
        chunked.send("\(String(piece.count, radix: 16))\r\n" + String(decoding: piece, as: UTF8.self) + "\r\n")
      }
      chunked.send("0\r\n\r\n")
      #expect(chunked.answer()?.status == expected, "\(size) bytes in chunks")
    }
  }

  @Test(
    "what cannot be a delivery is refused with its own code, and hides no second request", arguments: Listener.allCases)
  func codes(listener: Listener) throws {
    let scene = try Scene(listener)
    let hidden = try scene.agent.signedRequest(body: "{\"zen\":\"hidden\"}", id: "hidden", event: "ping")
    let requests = [
      (400, Self.head + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      (400, Self.head + "Content-Length: 0\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n"),
      (400, Self.head + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
      (400, Self.head + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"),
      (400, "POST /webhook/github HTTP/1.1\nHost: x\nContent-Length: 0\n\n"),
      (413, Self.head + "Content-Length: 26214401\r\n\r\n"),
      (415, Self.head + "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"),
      (417, Self.head + "Expect: something\r\nContent-Length: 0\r\n\r\n"),
      (431, Self.head + "X-A: " + String(repeating: "a", count: 100_000) + "\r\n\r\n"),
      (431, Self.head + (0..<1000).map { "X-\($0): a\r\n" }.joined() + "\r\n"),
      (501, Self.head + "Transfer-Encoding: gzip, chunked\r\n\r\n"),
    ]
    for (code, request) in requests {
      let client = try scene.client()
      client.send(request + hidden)
      let answer = client.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 \(code) "), "\(request.prefix(120)): \(answer.prefix(80))")
      #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "\(answer)")
    }
    #expect(!(try scene.agent.pushrod("inbox", "ls", "--json").output).contains("hidden"))
    #expect(try scene.deliver() == 200)
  }

  @Test(
    "the agent's memory stays where it was: compressed bombs, endless chunks, many large bodies",
    arguments: Listener.allCases)
  func flatMemory(listener: Listener) throws {
    let scene = try Scene(listener, settings: "limits: { body: 4M, body_memory: 8M }")
    let agent = scene.agent
    #expect(try scene.deliver() == 200)
    let before = try ProcessMemory(of: agent.pid)
    let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    for _ in 0..<20 {
      let bomb = try scene.client()
      bomb.send(Self.head + "Content-Encoding: gzip\r\nContent-Length: 4000000\r\n\r\n")
      #expect(bomb.readToEnd().hasPrefix("HTTP/1.1 415 "))
    }
    for _ in 0..<20 {
      let endless = try scene.client()
      endless.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n")
      let chunk = Array("100000\r\n".utf8) + block + Array("\r\n".utf8)
      for _ in 0..<16 { endless.send(chunk) }
      #expect(endless.readToEnd().hasPrefix("HTTP/1.1 413 "))
    }
    var crowd: [RawClient] = []
    for _ in 0..<60 {
      let client = try scene.client()
      client.send(Self.head + "Content-Length: 4194304\r\n\r\n")
      // All but the last bytes: as many as may are held by the agent, and the others are refused.
      client.send(block)
      client.send(block)
      crowd.append(client)
    }
    try waitUntil("most are refused") { crowd.count(where: \.hasAnswer) >= 50 }
    let refused = crowd.last(where: \.hasAnswer)
    #expect(refused?.readToEnd().hasPrefix("HTTP/1.1 503 ") == true)
    let after = try ProcessMemory(of: agent.pid)
    print("\(listener): \(before.peak >> 20) MB before, \(after.peak >> 20) MB at its highest")
    // 8 MB of bodies, twice while an array grows, and what the network's buffers hold.
    #expect(after.peak - before.peak < Sanitizer.memory(64 << 20))
    crowd = []
    try waitUntil("there is room again") { try scene.deliver() == 200 }
  }
}
