import Agent
import AsyncHTTPClient
import Foundation
import Model
import NIOCore
import TestSupport
import Testing

@testable import Outgoing

@Suite("Deliveries from a relay")
struct RelaySubscriptionTests {
  private static func event(_ number: Int, id: Bool = true) -> String {
    (id ? "id: e\(number)\n" : "") + #"data: {"x-github-delivery":"d-\#(number)","body":{"n":\#(number)}}"# + "\n\n"
  }

  @Test("they are handed over in order, as what they are, and the signs of life in between are not")
  func delivery() async throws {
    let relay = try EventStreamServer { subscriber in
      try subscriber.open()
      try subscriber.send("id: 0\nevent: ready\ndata: {}\n\n" + Self.event(1))
      try subscriber.send(": keepalive\n\nevent: ping\ndata: {}\n\n")
      let raw = Data(#"{ "n": 2 }"#.utf8).base64EncodedString()
      try subscriber.send(#"data: {"x-github-delivery":"d-2","bodyB":"\#(raw)","query":{"a":"b"}}"# + "\n\n")
      subscriber.connection.waitUntilGone()
    }
    let running = try RunningSubscription.relay(relay.url)
    try await eventually("two deliveries") { running.receiver.requests.count == 2 }
    let requests = running.receiver.requests
    #expect(requests.map(\.way) == [.relay, .relay])
    #expect(requests.map(\.source) == ["shop", "shop"])
    #expect(requests.map(\.isRewritten) == [true, false])
    #expect(requests.map(\.query) == [nil, "a=b"])
    #expect(requests.map(\.address) == [nil, nil])
    #expect(requests.map { $0.headers["X-GitHub-Delivery"] } == ["d-1", "d-2"])
    #expect(running.receiver.bodies == [#"{"n":1}"#, #"{ "n": 2 }"#])
    #expect(running.status?.isConnected == true)
    #expect(relay.requests[0].headerField("Accept") == "text/event-stream")
    #expect(relay.requests[0].headerField("Last-Event-ID") == nil)
    try await running.end()
  }

  @Test("after a cut in the middle of an event the stream goes on behind the last whole one")
  func reconnect() async throws {
    let relay = try EventStreamServer { subscriber in
      try subscriber.open()
      guard subscriber.number > 1 else {
        try subscriber.send(Self.event(1) + "id: e2\ndata: {\"x-github-deliv")
        return
      }
      if subscriber.number == 2 { try subscriber.send(Self.event(2)) }
      subscriber.connection.waitUntilGone()
    }
    let running = try RunningSubscription.relay(relay.url)
    try await eventually("both deliveries") { running.receiver.bodies == [#"{"n":1}"#, #"{"n":2}"#] }
    #expect(relay.requests[1].headerField("Last-Event-ID") == "e1")
    #expect(running.status?.isConnected == true)
    #expect(!running.lastError.isEmpty)
    try await running.end()
  }

  @Test(
    "a relay that is down for a moment is asked for what follows the last event, one that refuses the id for anything")
  func position() async throws {
    let relay = try EventStreamServer { subscriber in
      switch subscriber.number {
      case 1:
        try subscriber.open()
        try subscriber.send(Self.event(1))
      case 2: try subscriber.send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
      case 3: try subscriber.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
      default:
        try subscriber.open()
        subscriber.connection.waitUntilGone()
      }
    }
    let running = try RunningSubscription.relay(relay.url)
    try await eventually("a fourth request") { relay.requests.count == 4 }
    #expect(relay.requests.map { $0.headerField("Last-Event-ID") } == [nil, "e1", "e1", nil])
    try await running.end()
  }

  @Test("a relay that falls silent is left, and asked again")
  func silence() async throws {
    let relay = try EventStreamServer { subscriber in
      try subscriber.open()
      subscriber.connection.waitUntilGone()
    }
    let receiver = Receiver()
    let client = OutgoingClient.make(silence: .milliseconds(50))
    let address = try #require(WebAddress(relay.url))
    let running = Task {
      await RelaySubscription(
        subscription: .init(source: "shop", at: .relay(address)), address: address, client: client,
        limits: RunningSubscription.limits(), board: .init(), receive: { receiver.receive($0) }, logger: .silent
      ).run()
    }
    try await eventually("a second request") { relay.requests.count >= 2 }
    running.cancel()
    await running.value
    try await client.shutdown()
  }

  @Test("an event that never ends is not waited for, however busily its bytes come")
  func endlessEvent() async throws {
    var limits = RunningSubscription.limits()
    limits.eventTime = .milliseconds(100)
    let relay = try EventStreamServer { subscriber in
      try subscriber.open()
      while true {
        try subscriber.send("a")
        usleep(5_000)
      }
    }
    let running = try RunningSubscription.relay(relay.url, limits: limits)
    try await eventually("a second request") { relay.requests.count >= 2 }
    #expect(running.lastError.contains("did not come to the end of an event"))
    try await running.end()
  }

  @Test("a huge event and rubbish cost nothing but themselves")
  func hostile() async throws {
    let relay = try EventStreamServer { subscriber in
      try subscriber.open()
      try subscriber.send("id: big\ndata: {\"body\":\"")
      // More than `limits.message`, in one line.
      for _ in 0..<80 { try subscriber.send(String(repeating: "a", count: 1 << 16)) }
      try subscriber.send("\"}\n\ndata: rubbish\n\ndata: {\"body\":{}}\r\ndata: {}\n\n\u{0}\u{1}\n\n")
      try subscriber.send(Self.event(1))
      subscriber.connection.waitUntilGone()
    }
    let running = try RunningSubscription.relay(relay.url)
    try await eventually("the delivery") { running.receiver.bodies == [#"{"n":1}"#] }
    #expect(relay.requests.count == 1)
    try await running.end()
  }

  @Test("a channel of nothing but rubbish is left for a while")
  func onlyRubbish() async throws {
    let relay = try EventStreamServer { subscriber in
      try subscriber.open()
      while true { try subscriber.send("data: rubbish\n\n") }
    }
    let running = try RunningSubscription.relay(relay.url)
    try await running.failed(with: "events that are no deliveries")
    #expect(running.receiver.requests.isEmpty)
    try await running.end()
  }

  @Test("a delivery that the agent cannot take is tried again, then asked for again")
  func storeFails() async throws {
    let relay = try EventStreamServer { subscriber in
      try subscriber.open()
      try subscriber.send(Self.event(1) + Self.event(2))
      subscriber.connection.waitUntilGone()
    }
    // Three attempts for the second delivery are all that one connection makes.
    let running = try RunningSubscription.relay(relay.url, Receiver(answers: [503, 202, 503, 503, 503]))
    try await eventually("the refusals") { running.receiver.requests.count == 5 }
    #expect(running.receiver.bodies == [#"{"n":1}"#, #"{"n":1}"#, #"{"n":2}"#, #"{"n":2}"#, #"{"n":2}"#])
    try await running.failed(with: "could not be recorded")
    try await running.end()
  }

  @Test("what the agent refuses for good is not tried again")
  func refused() async throws {
    let relay = try EventStreamServer { subscriber in
      try subscriber.open()
      try subscriber.send(Self.event(1) + Self.event(2))
      subscriber.connection.waitUntilGone()
    }
    let running = try RunningSubscription.relay(relay.url, Receiver(answers: [401, 415]))
    try await eventually("both") { running.receiver.bodies == [#"{"n":1}"#, #"{"n":2}"#] }
    try await running.end()
  }

  @Test(
    "an answer that is no event stream is told with what to do",
    arguments: [
      ("302 Found\r\nLocation: https://elsewhere.example/\u{9b}31m", "redirects to https://elsewhere.example/?31m"),
      ("404 Not Found", "answered 404; is the channel's address right?"),
      ("500 Oh", "answered 500"),
      ("200 OK\r\nContent-Type: text/html", "answered with text/html and not with an event stream"),
    ])
  func wrongAnswers(_ answer: String, _ expected: String) async throws {
    let relay = try EventStreamServer { subscriber in
      try subscriber.send("HTTP/1.1 \(answer)\r\nContent-Length: 0\r\n\r\n")
    }
    let running = try RunningSubscription.relay(relay.url)
    try await running.failed(with: expected)
    #expect(running.status?.isConnected == false)
    try await running.end()
  }

  @Test("a certificate that nobody vouches for is refused before a byte is said")
  func certificate() async throws {
    let folder = try TemporaryDirectory("relay-tls")
    let server = try GitHTTPServer(root: folder.path, .status(200), tls: true)
    let running = try RunningSubscription.relay(server.url("channel"))
    try await running.failed(with: "certificate is not trusted")
    #expect(server.requests.isEmpty)
    try await running.end()
    server.stop()
  }

  @Test("nobody there: told, and tried again until somebody is")
  func nobodyThere() async throws {
    let port = try Loopback.freePort()
    let running = try RunningSubscription.relay("http://127.0.0.1:\(port)/channel")
    try await running.failed(with: "cannot be reached")
    try await running.end()
  }
}
