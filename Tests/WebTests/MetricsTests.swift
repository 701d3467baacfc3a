import Agent
import AsyncHTTPClient
import Metrics
import Model
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import Web

@Suite("What Prometheus reads") struct MetricsTests {
  private let registry = MetricRegistry()

  private func lines(of name: String) -> [String] {
    registry.text().split(separator: "\n").map(String.init).filter { line in
      !line.hasPrefix("#") && (line.hasPrefix(name + " ") || line.hasPrefix(name + "{") || line.hasPrefix(name + "_"))
    }
  }

  @Test("a counter grows by its labels, and begins at 0 where it has none")
  func counters() {
    let name = Measure.deliveries.name
    let dimensions = [("way", "webhook"), ("source", "github"), ("verdict", "started")]
    registry.makeCounter(label: name, dimensions: dimensions).increment(by: 2)
    registry.makeCounter(label: name, dimensions: dimensions).increment(by: 1)
    #expect(lines(of: name) == [#"pushrod_deliveries_total{source="github",verdict="started",way="webhook"} 3"#])
    #expect(lines(of: Measure.storeFailures.name) == ["pushrod_store_failures_total 0"])
  }

  @Test("what is not in the catalogue, or has other labels, goes nowhere")
  func unknown() {
    let before = registry.text()
    registry.makeCounter(label: "http_requests", dimensions: []).increment(by: 1)
    registry.makeCounter(label: Measure.deliveries.name, dimensions: [("source", "x")]).increment(by: 1)
    registry.makeCounter(label: Measure.storeFailures.name, dimensions: [("x", "y")]).increment(by: 1)
    registry.makeTimer(label: "x", dimensions: []).recordNanoseconds(1)
    #expect(registry.text() == before)
  }

  @Test("buckets are cumulative and end with all values; what is no number is left out")
  func histogram() {
    let name = Measure.storeCommitSize.name
    let series = registry.makeRecorder(label: name, dimensions: [], aggregate: true)
    for value in [1.0, 2, 3, 5000, .nan, .infinity] { series.record(value) }
    let found = lines(of: name)
    #expect(found.first == "\(name)_bucket{le=\"1\"} 1")
    #expect(found.contains("\(name)_bucket{le=\"2\"} 2"))
    #expect(found.contains("\(name)_bucket{le=\"4\"} 3"))
    #expect(found.contains("\(name)_bucket{le=\"1024\"} 3"))
    #expect(found.suffix(3) == ["\(name)_bucket{le=\"+Inf\"} 4", "\(name)_sum 5006", "\(name)_count 4"])
    registry.makeTimer(label: Measure.storeCommit.name, dimensions: []).recordNanoseconds(2_000_000)
    #expect(lines(of: Measure.storeCommit.name).contains("pushrod_store_commit_seconds_sum 0.002"))
  }

  @Test("a label's value cannot end the label or the line")
  func escaping() {
    registry.makeMeter(label: Measure.buildInfo.name, dimensions: [("version", "a\"b\\c\nd é")]).set(1.0)
    #expect(lines(of: Measure.buildInfo.name) == [#"pushrod_build_info{version="a\"b\\c\nd é"} 1"#])
    #expect(ExpositionText.escaped("a\"\\\n", quotes: false) == #"a"\\\n"#)
  }

  @Test(
    "numbers are written as Go reads them",
    arguments: [
      (0.0, "0"), (-1.5, "-1.5"), (1e20, "1e+20"), (123_456_789, "123456789"), (.nan, "NaN"), (.infinity, "+Inf"),
      (-.infinity, "-Inf"), (0.0005, "0.0005"), (1e-7, "1e-07"),
    ])
  func numbers(value: Double, text: String) {
    #expect(ExpositionText.number(value) == text)
  }

  @Test("a gauge that goes up and down from many threads ends where it began")
  func gauges() async {
    let name = Measure.followers.name
    await withTaskGroup(of: Void.self) { tasks in
      for _ in 1...8 {
        tasks.addTask {
          for _ in 1...1000 {
            let meter = registry.makeMeter(label: name, dimensions: [])
            meter.increment(by: 1)
            meter.decrement(by: 1)
          }
        }
      }
    }
    #expect(lines(of: name) == ["pushrod_followers 0"])
  }

  @Test("the page needs the scope read, has the format's type, and shows the process")
  func page() async throws {
    let folder = try TemporaryDirectory("metrics")
    try await withAPIServer(FakeAgent(), in: folder) { client in
      let answer = try await client.get("/metrics")
      #expect(answer.status == 200)
      #expect(answer.headers.first(name: "content-type") == "text/plain; version=0.0.4; charset=utf-8")
      for name in ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
        let line = answer.text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        #expect((line?.split(separator: " ").last).flatMap { Double($0) }.map { $0 > 1 } == true, "\(name)")
      }
      #expect(try await client.get("/metrics?x=1").status == 422)
    }
  }

  @Test("readyz says whether to anybody, and why to who may see")
  func readyz() async throws {
    let agent = FakeAgent()
    let access = FakeAccess(["a-read": .read], expired: [])
    agent.state.withLock { $0.readiness.reasons = ["the disk is full."] }
    try await withTCPServer(agent, access) { port in
      for header in [nil, "Bearer wrong"] {
        let answer = try await RawAnswer.of("GET", "/readyz", header, port: port)
        #expect(answer.status == 503)
        #expect(answer.head.contains("\r\nRetry-After: 10"))
        #expect(answer.withoutDate.hasSuffix("{\"status\":\"not ready\"}\n"), "\(answer)")
      }
      let known = try await RawAnswer.of("GET", "/readyz", "Bearer a-read", port: port)
      #expect(known.status == 503)
      #expect(known.withoutDate.contains(#"{"reasons":["the disk is full."],"status":"not ready"}"#), "\(known)")
    }
    try await withHookServer(agent) { port in
      let answer = try await RawAnswer.of("GET", "/readyz", nil, port: port)
      #expect(answer.status == 503)
      #expect(answer.withoutDate.hasSuffix(#"{"status":"not ready"}"#))
      agent.state.withLock { $0.readiness.reasons = [] }
      let head = try await RawAnswer.of("HEAD", "/readyz", nil, port: port)
      #expect(head.status == 200)
    }
  }

  @Test("who reads a log holds the run until they have read it, and a run that is going is not there")
  func holds() async throws {
    let folder = try TemporaryDirectory("holds")
    let agent = FakeAgent(root: folder.path)
    agent.set(.sample(1))
    let run = try WrittenRun(1, in: folder)
    try run.append(.runStarted)
    try run.startStep(0, "fetch")
    try run.write("hello\n")
    try await withAPIServer(agent, in: folder) { client in
      let follower = try await client.open(.GET, "/api/runs/1/log", ["Accept": "text/event-stream"])
      for try await _ in follower.body { break }
      #expect(agent.state.withLock { $0.held } == [1])
      #expect(try await client.get("/api/runs/1/log").text == "hello\n")
      agent.state.withLock { _ = $0.leaving.insert(1) }
      for path in ["/api/runs/1", "/api/runs/1/log", "/api/runs/1/steps/0/log"] {
        #expect(try await client.get(path).status == 404, "\(path)")
      }
      let live = try await client.get("/api/runs/1/log", ["Accept": "text/event-stream"])
      #expect(live.status == 404)
    }
    let end = ContinuousClock.now + .seconds(30)
    while !agent.state.withLock({ $0.held.isEmpty }), ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(agent.state.withLock { $0.held } == [])
  }

  @Test("the log of a run that has ended and whose directory is gone is a 404, not an empty text")
  func gone() async throws {
    let folder = try TemporaryDirectory("gone")
    let agent = FakeAgent(root: folder.path)
    var run = Run.sample(1, state: .succeeded)
    run.startedAt = run.queuedAt
    agent.set(run)
    try await withAPIServer(agent, in: folder) { client in
      for path in ["/api/runs/1/log", "/api/runs/1/steps/0/log"] {
        #expect(try await client.get(path).status == 404, "\(path)")
      }
      let live = try await client.get("/api/runs/1/log", ["Accept": "text/event-stream"])
      #expect(live.status == 404)
      #expect(try await client.get("/api/runs/1").status == 200)
    }
  }
}
