import Agent
import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import Outgoing

@Suite("Deliveries from GitHub's forwarder")
struct ForwardSubscriptionTests {
  private static func message(_ number: Int) throws -> String {
    try ForwarderServer.message(
      headers: ["X-GitHub-Event": "push", "X-GitHub-Delivery": "d-\(number)", "Host": "github.com"],
      body: Array(#"{ "n": \#(number) }"#.utf8))
  }

  private struct Answer: Decodable, Equatable {
    var Status: Int
    var Header: [String: [String]]
    var Body: Data
  }

  private static func decode(_ text: String) throws -> Answer {
    try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
  }

  @Test("the webhook is made, opened, activated; each delivery is answered; at the end the webhook is gone")
  func delivery() async throws {
    let answers = Box<[String]>([])
    let github = try ForwarderServer { socket, _ in
      for number in 1...2 {
        try socket.send(try Self.message(number))
        let answer = try socket.receiveMessage()
        answers.change { $0.append(answer) }
      }
      socket.connection.waitUntilGone()
    }
    let running = try RunningSubscription.forward(github.api, Receiver(answers: [202, 503]))
    try await eventually("both answers") { answers.value.count == 2 }
    let requests = running.receiver.requests
    #expect(requests.map(\.way) == [.forward, .forward])
    #expect(requests.map(\.isRewritten) == [false, false])
    #expect(requests[0].headers == Headers(requests[0].headers.fields.filter { $0.name != "host" }))
    #expect(requests[0].headers["X-GitHub-Delivery"] == "d-1")
    #expect(running.receiver.bodies == [#"{ "n": 1 }"#, #"{ "n": 2 }"#])
    let said = Data(#"{"verdict":"said"}"#.utf8)
    let header = ["Content-Type": ["application/json"]]
    #expect(try Self.decode(answers.value[0]) == Answer(Status: 202, Header: header, Body: said))
    #expect(try Self.decode(answers.value[1]) == Answer(Status: 503, Header: header, Body: said))
    try await eventually("the webhook is active") { running.status?.isConnected == true }
    try await running.end()

    let calls = github.requests
    #expect(calls.count == 4)
    #expect(calls[0].hasPrefix("POST /repos/acme/shop/hooks Bearer t0ken {"))
    for part in [
      #""name":"cli""#, #""active":false"#, #""events":["push"]"#, #""content_type":"json""#, #""insecure_ssl":"0""#,
      #""secret":"s3cret""#,
    ] {
      #expect(calls[0].contains(part))
    }
    #expect(calls[1] == "GET /forward/1 t0ken")
    #expect(calls[2] == #"PATCH /repos/acme/shop/hooks/1 Bearer t0ken {"active":true}"#)
    #expect(calls[3] == "DELETE /repos/acme/shop/hooks/1 Bearer t0ken")
  }

  @Test("a message in many fragments is one, with signs of life between them; pings are answered with their bytes")
  func fragments() async throws {
    let pongs = Box<[WebSocketPeer.Frame]>([])
    let github = try ForwarderServer { socket, _ in
      let bytes = Array(try Self.message(1).utf8)
      try socket.send(bytes[..<10], opcode: 1, isLast: false)
      for byte in bytes[10..<60] { try socket.send([byte], opcode: 0, isLast: false) }
      try socket.send(Array("are you there".utf8), opcode: 9)
      let pong = try socket.receive()
      pongs.change { $0.append(pong) }
      try socket.send(bytes[60...], opcode: 0)
      _ = try socket.receiveMessage()
      socket.connection.waitUntilGone()
    }
    let running = try RunningSubscription.forward(github.api)
    try await eventually("the delivery") { running.receiver.bodies == [#"{ "n": 1 }"#] }
    #expect(pongs.value == [WebSocketPeer.Frame(opcode: 10, payload: Array("are you there".utf8))])
    try await running.end()
  }

  @Test("a delivery that comes in one piece with the answer that opens the WebSocket is a delivery like any other")
  func together() async throws {
    let github = try ForwarderServer(first: try Self.message(1)) { socket, _ in socket.connection.waitUntilGone() }
    let running = try RunningSubscription.forward(github.api)
    try await eventually("the delivery") { running.receiver.bodies == [#"{ "n": 1 }"#] }
    try await running.end()
  }

  @Test("a lost connection is made again to the same webhook, one that ended in good order to a new one")
  func reconnect() async throws {
    let github = try ForwarderServer { socket, number in
      try socket.send(try Self.message(number))
      _ = try socket.receiveMessage()
      switch number {
      case 1: return
      case 2: try socket.close(1000)
      default: break
      }
      socket.connection.waitUntilGone()
    }
    let running = try RunningSubscription.forward(github.api)
    try await eventually("three deliveries") { running.receiver.requests.count == 3 }
    let sockets = github.requests.filter { $0.hasPrefix("GET") }
    #expect(sockets == ["GET /forward/1 t0ken", "GET /forward/1 t0ken", "GET /forward/2 t0ken"])
    #expect(github.requests.filter { $0.hasPrefix("DELETE") } == ["DELETE /repos/acme/shop/hooks/1 Bearer t0ken"])
    try await running.end()
  }

  @Test("a webhook whose connections are lost again and again is made anew")
  func manyLosses() async throws {
    let github = try ForwarderServer { _, _ in }
    let running = try RunningSubscription.forward(github.api)
    try await eventually("a second webhook") { github.requests.contains("GET /forward/2 t0ken") }
    #expect(github.requests.filter { $0 == "GET /forward/1 t0ken" }.count == 3)
    try await running.end()
  }

  @Test("a peer that gives no sign of life is left")
  func silence() async throws {
    var limits = RunningSubscription.limits()
    limits.pingInterval = .milliseconds(20)
    let github = try ForwarderServer { socket, number in
      if number > 1 { while true { try socket.send([], opcode: socket.receive().opcode == 9 ? 10 : 9) } }
      socket.connection.waitUntilGone()
    }
    let running = try RunningSubscription.forward(github.api, limits: limits)
    try await eventually("a second connection") { github.requests.filter { $0.hasPrefix("GET") }.count == 2 }
    #expect(running.lastError.contains("it gave no sign of life any more"), "\(running.lastError)")
    try await eventually("that one to stay") { running.status?.isConnected == true }
    try await running.end()
  }

  @Test("rubbish is answered 400; masked, unknown and huge frames end the connection")
  func hostile() async throws {
    let answers = Box<[String]>([])
    let github = try ForwarderServer { socket, number in
      switch number {
      case 1:
        for text in ["rubbish", "{}", #"{"Header":{"A":"b"},"Body":""}"#, #"{"Header":{},"Body":"*"}"#] {
          try socket.send(text)
          let answer = try socket.receiveMessage()
          answers.change { $0.append(answer) }
        }
        try socket.send([], opcode: 1, isMasked: true)
      case 2: try socket.send([1], opcode: 5)
      case 3:
        // 4 GB announced.
        try socket.connection.write([0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0])
      case 4:
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        try socket.send(piece, opcode: 1, isLast: false)
        while true { try socket.send(piece, opcode: 0, isLast: false) }
      default:
        try socket.send(try Self.message(5))
        _ = try socket.receiveMessage()
      }
      socket.connection.waitUntilGone()
    }
    let running = try RunningSubscription.forward(github.api)
    try await eventually("the delivery behind it all") { running.receiver.bodies == [#"{ "n": 5 }"#] }
    #expect(try answers.value.map { try Self.decode($0).Status } == [400, 400, 400, 400])
    try await running.end()
  }

  @Test(
    "what GitHub's refusals mean is told, with its own words and without the token",
    arguments: [
      (401, "Bad credentials", "it does not know the token"),
      (403, "Resource not accessible", "Webhooks, read and write"),
      (404, "Not Found", "there is no acme/shop"), (422, "Validation Failed", "another forwarder may be there"),
    ])
  func refusals(_ status: Int, _ message: String, _ expected: String) async throws {
    let github = try ForwarderServer(refusal: (status, #"{"message":"\#(message)"}"#))
    let running = try RunningSubscription.forward(github.api)
    try await running.failed(with: "answered \(status) (\(message))")
    #expect(running.lastError.contains(expected), "\(running.lastError)")
    #expect(!running.lastError.contains("t0ken"))
    // It is not asked again every few milliseconds.
    #expect(github.requests.count == 1)
    try await running.end()
  }

  @Test("the token goes to no other server than the one that was configured")
  func otherServers() async throws {
    let thief = try ForwarderServer()
    for (url, socket, expected) in [
      (thief.api + "/repos/acme/shop/hooks/1", nil, "which does not get the token"),
      (nil, "http://127.0.0.1:1/", "without an address of a WebSocket"),
      (nil, "ws://forwarder.example/", "without an address of a WebSocket"),
      (nil, "wss://user@forwarder.example/", "without an address of a WebSocket"),
    ] {
      let github = try ForwarderServer(addresses: (url, socket))
      let running = try RunningSubscription.forward(github.api)
      try await running.failed(with: expected)
      try await running.end()
    }
    #expect(thief.requests.isEmpty)
  }
}

/// A value for several threads.
final class Box<Value: Sendable>: Sendable {
  private let content: Mutex<Value>

  init(_ value: Value) { content = Mutex(value) }

  var value: Value { content.withLock { $0 } }

  func change(_ body: (inout Value) -> Void) { content.withLock { body(&$0) } }
}
