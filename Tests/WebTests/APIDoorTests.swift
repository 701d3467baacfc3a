import Door
import Model
import NIOCore
import TestSupport
import Testing

@testable import Web

/// What stands before the API's routes on TCP: names, pages, framing, rates, patience.
@Suite("The API's door")
struct APIDoorTests {
  private let agent = FakeAgent()
  private let access = FakeAccess(["good": .admin])

  @Test(
    "only names of this agent are answered to",
    arguments: [
      ("localhost", 200), ("localhost:1", 200), ("LOCALHOST:80", 200), ("127.0.0.1", 200), ("127.0.0.1:9", 200),
      ("[::1]:8701", 200), ("deploy.example.org", 200), ("Deploy.Example.org:443", 200), ("::1", 421),
      ("evil.example", 421), ("localhost.evil.example", 421), ("deploy.example.org.evil.example", 421),
      ("deploy.example.org.", 421), ("localhost@evil.example", 400), ("127.0.0.2", 421), ("0.0.0.0", 421),
      ("", 400), ("localhost:x", 421), ("localhost:99999", 421), ("localhost, evil.example", 400), ("[localhost]", 421),
    ])
  func hosts(host: String, status: Int) async throws {
    try await withTCPServer(agent, access) { port in
      let answer = try await RawAnswer.of("GET", "/api/status", "Bearer good", host: host, port: port)
      // What cannot be a host at all may be refused as bad HTTP before.
      #expect(answer.status == status || (status == 421 && answer.status == 400), "\(answer)")
      #expect(!answer.text.contains("evil"))
    }
  }

  @Test(
    "pages of other sites are refused, whatever they bring along",
    arguments: [
      ("Origin", "http://localhost", 200), ("Origin", "https://localhost", 200),
      ("Origin", "http://localhost:3000", 403),
      ("Origin", "null", 403), ("Origin", "https://evil.example", 403), ("Origin", "localhost", 403),
      ("Origin", "", 403), ("Origin", "https://localhost.evil.example", 403),
      ("Sec-Fetch-Site", "same-origin", 200), ("Sec-Fetch-Site", "none", 200),
      ("Sec-Fetch-Site", "cross-site", 403), ("Sec-Fetch-Site", "same-site", 403),
    ])
  func origins(name: String, value: String, status: Int) async throws {
    try await withTCPServer(agent, access) { port in
      for method in ["GET", "POST"] {
        let path = method == "GET" ? "/api/status" : "/api/reload"
        let answer = try await RawAnswer.of(method, path, "Bearer good", headers: [(name, value)], port: port)
        #expect(answer.status == status, "\(answer)")
      }
      let preflight = try await RawAnswer.of(
        "OPTIONS", "/api/runs", nil, headers: [(name, value), ("Access-Control-Request-Method", "POST")], port: port)
      #expect([401, 403].contains(preflight.status))
    }
  }

  @Test("the same names hold on the Unix socket, which a tunnel may put in a browser's reach")
  func socket() async throws {
    let directory = try TemporaryDirectory("api")
    try await withAPIServer(agent, in: directory) { api in
      let foreign = try await api.get("/api/status", ["Origin": "https://evil.example"])
      #expect(foreign.status == 403)
      let command = ["curl", "-sS", "--unix-socket", api.socket, "-o", "/dev/null", "-w", "%{http_code}"]
      #expect(try runChecked(command + ["http://localhost/api/status"]) == "200")
      #expect(try runChecked(command + ["http://evil.example/api/status"]) == "421")
    }
  }

  @Test(
    "requests that two readers could take differently are refused",
    arguments: [
      "GET /api/status HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n",
      "GET /api/status HTTP/1.1\r\n",
      "POST /api/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
      "POST /api/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 0\r\n",
      "POST /api/reload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n",
      "POST /api/reload HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n",
    ])
  func framing(head: String) async throws {
    try await withTCPServer(agent, access) { port in
      let connection = try await RawConnection(port: port)
      await connection.send(head + "Authorization: Bearer good\r\n\r\n")
      let answer = await connection.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
    }
    #expect(agent.orders.isEmpty)
  }

  @Test("a request behind a refused one on the same connection is not answered")
  func pipelined() async throws {
    try await withTCPServer(agent, access) { port in
      let connection = try await RawConnection(port: port)
      await connection.send(
        "GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
          + "GET /api/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n\r\n")
      let answer = await connection.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 401 "))
      #expect(!answer.contains("HTTP/1.1 200"))
    }
  }

  @Test("two good requests on one connection are both answered")
  func keptAlive() async throws {
    try await withTCPServer(agent, access) { port in
      let connection = try await RawConnection(port: port)
      let request = "GET /api/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n\r\n"
      await connection.send(request + request.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n"))
      let answer = await connection.readToEnd()
      #expect(answer.split(separator: "HTTP/1.1 200 OK").count == 2, "\(answer)")
    }
  }

  @Test("after too many attempts without a token an address has to wait, but a good token is not held up")
  func rate() async throws {
    try await withTCPServer(agent, access, attempts: FailedAttempts(burst: 3, refill: 1e-6)) { port in
      var statuses: [Int] = []
      for _ in 0..<5 { statuses.append(try await RawAnswer.of("GET", "/api/runs", "Bearer bad", port: port).status) }
      #expect(statuses == [401, 401, 401, 429, 429])
      let answer = try await RawAnswer.of("GET", "/api/runs", nil, port: port)
      #expect(answer.status == 429)
      #expect(answer.head.contains("\r\nRetry-After: "))
      let good = try await RawAnswer.of("GET", "/api/runs", "Bearer good", port: port)
      #expect(good.status == 200)
      let health = try await RawAnswer.of("GET", "/healthz", nil, port: port)
      #expect(health.status == 200)
    }
  }

  @Test("addresses without end are counted in bounded memory, and an IPv6 network counts as one")
  func manyAddresses() throws {
    let attempts = FailedAttempts(burst: 1, refill: 1e-6)
    #expect(attempts.note(from: IPAddress("2001:db8::1")) == nil)
    #expect(attempts.note(from: IPAddress("2001:db8::2")) != nil)
    var held = 0
    for number in 0..<10_000 {
      let address = IPAddress(bytes: [10, UInt8(number >> 16 & 0xff), UInt8(number >> 8 & 0xff), UInt8(number & 0xff)])
      if attempts.note(from: address) != nil { held += 1 }
    }
    // Those beyond the bound share one bucket.
    #expect(held > 5000)
  }

  @Test("a trusted proxy says whose attempts they are, and nobody else does")
  func proxied() async throws {
    for isTrusted in [true, false] {
      let proxies = TrustedProxies(isTrusted ? [try #require(AddressRange("127.0.0.1"))] : [])
      let attempts = FailedAttempts(burst: 1, refill: 1e-6)
      try await withTCPServer(agent, access, entrance: Entrance(proxies: proxies), attempts: attempts) { port in
        var statuses: [Int] = []
        for client in ["192.0.2.1", "192.0.2.2", "192.0.2.2", "rubbish"] {
          let headers = [("X-Forwarded-For", client)]
          statuses.append(try await RawAnswer.of("GET", "/api/runs", nil, headers: headers, port: port).status)
        }
        #expect(statuses == (isTrusted ? [401, 401, 429, 401] : [401, 429, 429, 429]))
      }
    }
  }

  @Test("a live log ends when the token that opened it is removed")
  func revoked() async throws {
    let root = try TemporaryDirectory("log")
    let agent = FakeAgent(root: root.path)
    agent.set(.sample(1))
    let run = try WrittenRun(1, in: root)
    try run.append(.runStarted)
    try await withTCPServer(agent, access) { port in
      let connection = try await RawConnection(port: port)
      await connection.send(
        "GET /api/runs/1/log HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n"
          + "Accept: text/event-stream\r\nConnection: close\r\n\r\n")
      #expect(await connection.read(until: "run_started").contains("event-stream"))
      try await access.removeToken(named: "admin-token", by: Person(name: "ada", via: .socket))
      _ = await connection.readToEnd()
    }
  }

  @Test("a request of HTTP/1.0 has an answer without chunks, and the connection ends with it")
  func oldVersion() async throws {
    let root = try TemporaryDirectory("log")
    let agent = FakeAgent(root: root.path)
    agent.set(.sample(1))
    let run = try WrittenRun(1, in: root)
    try run.append(.runStarted)
    try run.finish()
    try await withTCPServer(agent, access) { port in
      for path in ["/api/status", "/api/runs/1/log"] {
        let connection = try await RawConnection(port: port)
        await connection.send(
          "GET \(path) HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer good\r\nAccept: text/event-stream\r\n\r\n")
        let answer = await connection.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.0 200 "), "\(answer)")
        #expect(!answer.lowercased().contains("chunked"), "\(answer)")
      }
    }
  }

  @Test(
    "who sends the body after the answer is no friend of the idle deadline, and bodies have theirs whatever was answered"
  )
  func lateBody() async throws {
    var limits = APILimits()
    (limits.idleTimeout, limits.bodyTimeout) = (.seconds(2), .seconds(4))
    try await withTCPServer(agent, access, limits: limits) { port in
      for rest in ["hello", "hel"] {
        let connection = try await RawConnection(port: port)
        await connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n")
        #expect(await connection.read(until: "ok").hasPrefix("HTTP/1.1 200 "))
        await connection.send(rest)
        let began = ContinuousClock.now
        #expect(await connection.readToEnd().isEmpty, "\(rest)")
        #expect(began.duration(to: .now) < .seconds(15), "\(rest)")
      }
    }
  }

  @Test("an offer of another protocol is answered, and the connection ends with the answer")
  func upgrade() async throws {
    try await withTCPServer(agent, access) { port in
      let connection = try await RawConnection(port: port)
      let head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
      await connection.send(head + head)
      let answer = await connection.readToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.split(separator: "HTTP/1.1 200").count == 1, "\(answer)")
    }
  }

  @Test("what is wrong with a body is the sender's, and who waits for a word before it gets one")
  func bodies() async throws {
    try await withTCPServer(agent, access) { port in
      let head = "POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n"
      for (rest, status) in [
        ("Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nZZ\r\n", 400),
        ("Content-Length: 99999999\r\n\r\n", 413),
      ] {
        let connection = try await RawConnection(port: port)
        await connection.send(head + rest)
        let answer = await connection.readToEnd()
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
      }
      let patient = try await RawConnection(port: port)
      await patient.send(head + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
      #expect(await patient.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 "))
      await patient.send("[]")
      #expect(await patient.read(until: "must be").contains("HTTP/1.1 422 "))
    }
  }

  @Test("a body that stalls for longer than any answer takes ends its connection, and nothing else")
  func stalledBody() async throws {
    var limits = APILimits()
    limits.bodyTimeout = .milliseconds(8_500)
    try await withTCPServer(agent, access, limits: limits) { port in
      let stalled = try await RawConnection(port: port)
      await stalled.send(
        "POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Length: 30\r\n\r\n{")
      #expect(await stalled.readToEnd().isEmpty)
      #expect(try await RawAnswer.of("GET", "/api/status", "Bearer good", port: port).status == 200)
    }
  }

  @Test(
    "a name in a body that nobody knows is a mistake",
    arguments: [
      ("/api/runs", #"{"pipeline":"shop","reff":"main"}"#, "`reff` is unknown in the body; known are pipeline, ref"),
      ("/api/runs/1/approve", #"{"stepp":"go"}"#, "`stepp` is unknown in the body; known are step, reason"),
      ("/api/tokens", #"{"name":"ci","scope":"run","expires":1}"#, "`expires` is unknown"),
      ("/api/runs", "[]", "must be a JSON object such as"), ("/api/runs", "", "must be a JSON object such as"),
    ])
  func unknownNames(path: String, body: String, words: String) async throws {
    try await withTCPServer(agent, access) { port in
      let answer = try await RawAnswer.of("POST", path, "Bearer good", body: body, port: port)
      #expect(answer.status == 422 && answer.text.contains(words), "\(answer)")
    }
    #expect(agent.orders.isEmpty)
  }

  @Test("slow heads, slow bodies and idle connections end; a body that is too large is not read")
  func patience() async throws {
    var limits = APILimits()
    limits.headTimeout = .milliseconds(200)
    limits.bodyTimeout = .milliseconds(200)
    limits.idleTimeout = .milliseconds(200)
    try await withTCPServer(agent, access, limits: limits) { port in
      for text in [
        "", "GET /api/sta",
        "POST /api/runs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n"
          + "Content-Length: 10\r\n\r\n{",
      ] {
        let connection = try await RawConnection(port: port)
        await connection.send(text)
        #expect(await connection.readToEnd().isEmpty, "\(text)")
      }
      let idle = try await RawConnection(port: port)
      await idle.send("GET /api/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n\r\n")
      #expect(await idle.readToEnd().hasPrefix("HTTP/1.1 200 "))
      let large = try await RawAnswer.of(
        "POST", "/api/tokens", "Bearer good", body: String(repeating: "x", count: 100_000), port: port)
      #expect(large.status == 413)
    }
  }
}
