import Agent
import FoundationEssentials
import Glibc
import Model
import NIOHTTP1
import RunDirectory
import Synchronization
import TestSupport
import Testing

@testable import Web

@Suite("The API")
struct APITests {
  @Test("the socket is open to its owner and group and nobody else")
  func permissions() async throws {
    let directory = try TemporaryDirectory("api")
    try await withAPIServer(FakeAgent(), in: directory) { api in
      let kind = try runChecked(["stat", "--format", "%a %F", api.socket])
      #expect(kind == "660 socket")
    }
  }

  @Test("a socket that a killed agent left behind is replaced")
  func staleSocket() async throws {
    let directory = try TemporaryDirectory("api")
    try runChecked([
      "python3", "-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", directory.file("api.sock"),
    ])
    try await withAPIServer(FakeAgent(), in: directory) { api in
      let status = try await api.get("/api/status").status
      #expect(status == 200)
    }
  }

  @Test("the agent's state, its runs and its inbox are told in the one JSON dialect")
  func reading() async throws {
    let directory = try TemporaryDirectory("api")
    let agent = FakeAgent()
    agent.set(.sample(1, state: .succeeded))
    agent.set(.sample(2))
    try await withAPIServer(agent, in: directory) { api in
      let status = try await api.get("/api/status")
      #expect(status.headers.first(name: "content-type") == "application/json")
      #expect(try status.decoded(AgentStatus.self).pipelines == ["shop"])
      let runs = try await api.get("/api/runs").decoded(RunList.self).runs
      #expect(runs == [.sample(2), .sample(1, state: .succeeded)])
      let detail = try await api.get("/api/runs/2").decoded(RunDetail.self)
      #expect(detail.run == .sample(2))
      #expect(detail.events.isEmpty)
      #expect(detail.directory == "/nonexistent/2")
      #expect(try await api.post("/api/reload").decoded(ReloadReport.self).pipelines == ["shop"])
    }
  }

  @Test("filters reach the agent as they were meant")
  func filters() async throws {
    let directory = try TemporaryDirectory("api")
    let agent = FakeAgent()
    try await withAPIServer(agent, in: directory) { api in
      _ = try await api.get("/api/runs?pipeline=shop&state=timed_out&commit=ABcd&before=7&limit=3")
      _ = try await api.get("/api/runs")
      _ = try await api.get("/api/deliveries?source=github&verdict=ignored&before=9&limit=2")
      _ = try await api.get("/api/deliveries")
    }
    #expect(
      agent.state.withLock { $0.deliveryFilters } == [
        DeliveryFilter(source: "github", verdict: .ignored, before: 9, limit: 2), DeliveryFilter(),
      ])
    #expect(
      agent.state.withLock { $0.filters } == [
        RunFilter(pipeline: "shop", state: .timedOut, commitPrefix: "abcd", before: 7, limit: 3), RunFilter(),
      ])
  }

  @Test(
    "a parameter that is not understood is refused with its name, its value and what is allowed",
    arguments: [
      ("/api/runs?state=done", ["`state`", "`done`", "succeeded"]),
      ("/api/runs?limit=0", ["`limit`", "`0`", "1 to 500"]),
      ("/api/runs?limit=501", ["`limit`", "`501`", "1 to 500"]),
      ("/api/runs?limit=many", ["`limit`", "`many`"]),
      ("/api/runs?limit=99999999999999999999999", ["`limit`"]),
      ("/api/runs?before=0", ["`before`", "from 1 on"]),
      ("/api/runs?commit=abc", ["`commit`", "`abc`", "4 to 64"]),
      ("/api/runs?commit=xyzw", ["`commit`", "hexadecimal"]),
      ("/api/runs?pipeline=../etc", ["`pipeline`", "letters"]),
      ("/api/runs?pipline=shop", ["`pipline`", "pipeline, state"]),
      ("/api/runs?limit=1&limit=2", ["`limit`", "more than once"]),
      ("/api/runs?state=a%1b%5b31mb", ["`a\u{fffd}[31mb`"]),
      ("/api/status?x=1", ["`x`", "none"]),
      ("/api/runs/1?x=1", ["`x`"]),
      ("/api/deliveries?limit=0", ["`limit`"]),
      ("/api/deliveries?verdict=accepted", ["`verdict`", "`accepted`", "started, ignored, rejected"]),
    ])
  func badParameters(path: String, words: [String]) async throws {
    let directory = try TemporaryDirectory("api")
    try await withAPIServer(FakeAgent(), in: directory) { api in
      let answer = try await api.get(path)
      #expect(answer.status == 422)
      #expect(answer.code == "invalid")
      for word in words { #expect(answer.message.contains(word), "\(answer.message) should say \(word)") }
    }
  }

  @Test(
    "errors have one shape and the status that fits",
    arguments: [
      (ControlError.notFound("no such"), 404, "not_found"), (.conflict("it has ended"), 409, "conflict"),
      (.invalid("not manual"), 422, "invalid"), (.unavailable("stopping"), 503, "unavailable"),
    ])
  func errors(error: ControlError, status: Int, code: String) async throws {
    let directory = try TemporaryDirectory("api")
    let agent = FakeAgent()
    agent.state.withLock { $0.failure = error }
    try await withAPIServer(agent, in: directory) { api in
      for answer in [
        try await api.get("/api/runs"), try await api.get("/api/runs/1"), try await api.get("/api/runs/1/log"),
        try await api.get("/api/runs/1/log", ["Accept": "text/event-stream"]),
        try await api.get("/api/runs/1/steps/0/log"), try await api.post("/api/runs/1/cancel"),
        try await api.post("/api/reload"), try await api.get("/api/deliveries"), try await api.get("/api/deliveries/1"),
      ] {
        #expect(answer.status == status)
        #expect(answer.code == code)
        #expect(answer.message == error.description)
      }
    }
  }

  @Test("an unexpected failure tells the client nothing but that")
  func unexpected() async throws {
    struct Secret: Error { let password = "hunter2" }
    let directory = try TemporaryDirectory("api")
    let agent = FakeAgent()
    agent.state.withLock { $0.failure = Secret() }
    try await withAPIServer(agent, in: directory) { api in
      let answer = try await api.get("/api/runs")
      #expect(answer.status == 500)
      #expect(!answer.text.contains("hunter2"))
    }
  }

  @Test(
    "what does not exist is a 404 in the same shape",
    arguments: [
      "/", "/api", "/api/nothing", "/api/runs/0", "/api/runs/-1", "/api/runs/x", "/api/runs/1/log/x", "/webhook/github",
    ])
  func notFound(path: String) async throws {
    let directory = try TemporaryDirectory("api")
    try await withAPIServer(FakeAgent(), in: directory) { api in
      let answer = try await api.get(path)
      #expect(answer.status == 404)
      #expect(!answer.code.isEmpty)
    }
  }

  @Test("a copy of the store is sent whole, with its length")
  func backup() async throws {
    let directory = try TemporaryDirectory("api")
    try await withAPIServer(FakeAgent(), in: directory) { api in
      let answer = try await api.post("/api/backup")
      #expect(answer.status == 200)
      #expect(answer.headers.first(name: "content-type") == "application/vnd.sqlite3")
      #expect(answer.headers.first(name: "content-length") == "\(FakeCopy.bytes.count)")
      #expect(answer.bytes == FakeCopy.bytes)
    }
  }

  @Test("orders are carried out in the name of the person at the other end of the socket")
  func orders() async throws {
    let directory = try TemporaryDirectory("api")
    let agent = FakeAgent()
    agent.set(.sample(1))
    let person = try runChecked(["id", "--user", "--name"])
    try await withAPIServer(agent, in: directory) { api in
      let started = try await api.post("/api/runs", #"{"pipeline":"shop","ref":"main"}"#)
      #expect(started.status == 201)
      #expect(try started.decoded(Run.self).number == 1)
      #expect(try await api.post("/api/runs", #"{"pipeline":"shop"}"#).status == 201)
      // Names stay as they are, whatever else of the JSON is in snake case.
      let withInputs = #"{"pipeline":"shop","inputs":{"DRY_RUN":"true","target_name":"a b"}}"#
      #expect(try await api.post("/api/runs", withInputs).status == 201)
      #expect(try await api.post("/api/runs/1/cancel").status == 200)
      #expect(try await api.post("/api/runs/1/rerun").status == 200)
      #expect(try await api.post("/api/runs/7/cancel").status == 404)
    }
    #expect(
      agent.orders == [
        "start shop main \(person)", "start shop - \(person)", "start shop - DRY_RUN=true target_name=a b \(person)",
        "cancel 1 \(person)", "rerun 1 \(person)",
        "cancel 7 \(person)",
      ])
  }

  @Test("answers to a step that asks reach the agent; a rejection without a body is refused")
  func approvals() async throws {
    let directory = try TemporaryDirectory("api")
    let agent = FakeAgent()
    agent.set(.sample(1))
    try await withAPIServer(agent, in: directory) { (api) async throws in
      #expect(try await api.post("/api/runs/1/approve").status == 200)
      #expect(try await api.post("/api/runs/1/approve", #"{"step":"go","reason":"fine"}"#).status == 200)
      #expect(try await api.post("/api/runs/1/reject", #"{"reason":"no"}"#).status == 200)
      #expect(try await api.post("/api/runs/1/reject").status == 422)
      #expect(try await api.post("/api/runs/1/approve", "[]").status == 422)
      #expect(try await api.post("/api/runs/1/approve?step=go").status == 422)
    }
    #expect(
      agent.orders.map { $0.split(separator: " ").prefix(4).joined(separator: " ") } == [
        "approve 1 - -", "approve 1 go fine", "reject 1 - no",
      ])
  }

  @Test(
    "an order that is no JSON object of that kind is refused",
    arguments: ["", "{}", "[]", "{\"pipeline\":1}", "x", #"{"pipeline":"shop","inputs":{"N":3}}"#])
  func badOrders(body: String) async throws {
    let directory = try TemporaryDirectory("api")
    let agent = FakeAgent()
    try await withAPIServer(agent, in: directory) { api in
      let answer = try await api.post("/api/runs", body)
      #expect(answer.status == 422)
      #expect(answer.message.contains("pipeline"))
    }
    #expect(agent.orders.isEmpty)
  }

  @Test("an order that is far too long is refused")
  func longOrder() async throws {
    let directory = try TemporaryDirectory("api")
    let agent = FakeAgent()
    try await withAPIServer(agent, in: directory) { api in
      // The server closes without reading the rest, and a client that is still writing may not get to see the answer
      // (RFC 9112, section 9.6).
      var status: Int?
      for _ in 1...50 where status == nil {
        status = try? await api.post("/api/tokens", "{\"name\":\"\(String(repeating: "x", count: 100_000))\"}").status
      }
      #expect(status == 413)
    }
    #expect(agent.orders.isEmpty)
  }

  @Test("a delivery is shown whole, without anything that could be a secret")
  func delivery() async throws {
    let directory = try TemporaryDirectory("api")
    let agent = FakeAgent()
    let canary = "canary-5f2d8e1c0b7a"
    let signature = "sha256=" + String(repeating: "0123456789abcdef", count: 4)
    let delivery = Delivery(
      number: 3, source: "github", id: "id-3", event: "push", receivedAt: Date(timeIntervalSince1970: 1_700_000_000),
      address: "192.0.2.1",
      headers: [
        "X-Hub-Signature-256": signature, "X-Gitlab-Token": canary, "Authorization": "Bearer \(canary)",
        "Cookie": canary, "X-Api-Key": canary, "X-Short-Signature": canary, "X-GitHub-Event": "push",
      ],
      body: Array(#"{"ref":"refs/heads/main"}"#.utf8), bodySize: 25,
      verdict: .ignored(reason: "no pipeline for acme/shop"),
      decisions: [Decision(pipeline: "blog", starts: false, reason: "another repository")])
    var binary = delivery
    binary.number = 4
    binary.body = [0xff, 0x00]
    agent.state.withLock { [binary] in $0.deliveries = [binary, delivery] }
    try await withAPIServer(agent, in: directory) { api in
      let list = try await api.get("/api/deliveries?source=github&before=9&limit=2").decoded(DeliveryList.self)
        .deliveries
      #expect(list.map(\.number) == [4, 3])
      #expect(list.allSatisfy { $0.headers == nil && $0.body == nil && $0.decisions == nil })
      #expect(list[1].reason == "no pipeline for acme/shop")
      let answer = try await api.get("/api/deliveries/3")
      #expect(!answer.text.contains(canary))
      #expect(!answer.text.contains(signature))
      let shown = try answer.decoded(DeliveryReport.self)
      #expect(shown.body == #"{"ref":"refs/heads/main"}"#)
      #expect(shown.headers?["x-github-event"] == "push")
      #expect(shown.headers?["x-hub-signature-256"] == "sha256=01234567…")
      #expect(shown.decisions == delivery.decisions)
      #expect(try await api.get("/api/deliveries/4").decoded(DeliveryReport.self).bodyBase64 == Data([0xff, 0x00]))
      #expect(try await api.get("/api/deliveries/5").status == 404)
      #expect(shown.way == .webhook)
      #expect(shown.repeats == nil && shown.superseded == nil)
      agent.state.withLock { state in
        state.deliveries[1].repeats = 2
        state.deliveries[1].lastRepeatAt = Date(timeIntervalSince1970: 1_700_000_000)
        state.deliveries[1].superseded = [SupersededRun(run: 7, by: 9)]
      }
      let repeated = try await api.get("/api/deliveries/3")
      #expect(repeated.text.contains(#""last_repeat_at":"2023-11-14T22:13:20.000Z""#))
      #expect(repeated.text.contains(#""superseded":[{"by":9,"run":7}]"#))
      #expect(try repeated.decoded(DeliveryReport.self).repeats == 2)
      let again = try await api.post("/api/deliveries/3/replay")
      #expect(again.status == 201)
      #expect(try again.decoded(DeliveryReport.self).replayOf == 3)
      #expect(try again.decoded(DeliveryReport.self).way == .replay)
      #expect(try await api.post("/api/deliveries/5/replay").status == 404)
      #expect(try await api.post("/api/deliveries/0/replay").status == 404)
      #expect(try await api.get("/api/deliveries/3/replay").status >= 404)
    }
  }
}
