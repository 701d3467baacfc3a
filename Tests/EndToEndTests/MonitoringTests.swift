import EndToEndSupport
import Foundation
import Model
import RegexBuilder
import TestSupport
import Testing

@Suite("Watching over the agent")
struct MonitoringTests {
  private static let promtool = findProgram("promtool")
  private static let checkout = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private static func manual() throws -> String {
    try String(contentsOfFile: "\(checkout)/docs/metrics.md", encoding: .utf8)
  }

  private func metrics(_ agent: AgentUnderTest) throws -> String {
    try runChecked(["curl", "-sS", "--unix-socket", agent.socket, "http://localhost/metrics"]) + "\n"
  }

  @Test("what happened is in the metrics, in the form that Prometheus checks, and in lines that say of which run")
  func deployed() throws {
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    let commit = try repository.commit("One")
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(repository.url)
        on: { push: { branches: [main] } }
        steps: [echo deployed, 'exit 3']
        """
      ], name: "monitoring")
    try agent.start()
    let push = GitHubPush(cloneURL: repository.url, after: commit)
    let before = try metrics(agent)
    #expect(before.contains("\npushrod_runs_finished_total{pipeline=\"shop\",state=\"failed\"} 0\n"))
    #expect(before.contains("\npushrod_deliveries_total{source=\"github\",verdict=\"started\",way=\"webhook\"} 0\n"))

    #expect(try agent.post(push, id: "one").status == 202)
    #expect(try agent.post(push, id: "one").status == 202)
    #expect(try agent.post(body: "{}", headers: ["X-Hub-Signature-256": "sha256=0"]).status == 401)
    #expect(try agent.finished(1).run.state == .failed)
    let expected = [
      #"pushrod_deliveries_total{source="github",verdict="started",way="webhook"} 1"#,
      #"pushrod_deliveries_total{source="github",verdict="repeated",way="webhook"} 1"#,
      #"pushrod_deliveries_total{source="github",verdict="rejected",way="webhook"} 1"#,
      #"pushrod_hook_answers_total{status="202"} 2"#, #"pushrod_hook_answers_total{status="401"} 1"#,
      #"pushrod_runs_finished_total{pipeline="shop",state="failed"} 1"#,
      #"pushrod_step_seconds_count{pipeline="shop"} 2"#, #"pushrod_fetch_seconds_count{pipeline="shop"} 1"#,
      #"pushrod_run_wait_seconds_count{pipeline="shop"} 1"#, #"pushrod_runs{state="queued"} 0"#,
      "pushrod_ready 1", "pushrod_runs_held 0", "pushrod_store_failures_total 0", "pushrod_followers 0",
      "pushrod_queue_oldest_age_seconds 0",
    ]
    var text = ""
    try waitUntil("the figures are there") {
      text = try metrics(agent)
      return expected.allSatisfy { text.contains("\n\($0)\n") }
    }
    #expect(text.contains("pushrod_store_commit_seconds_count"))
    let fetched = text.split(separator: "\n").first { $0.hasPrefix("pushrod_fetch_bytes_total{") }
    #expect((fetched?.split(separator: " ").last).flatMap { Int($0) }.map { $0 > 0 } == true, "\(fetched ?? "none")")
    try checkForm(text)
    if let promtool = Self.promtool {
      let checked = try run([promtool, "check", "metrics"], input: Array(text.utf8))
      #expect(checked.status == 0 && checked.errorOutput.isEmpty, "\(checked.output)\(checked.errorOutput)")
    } else {
      print("promtool (Debian: prometheus) is not installed: the metrics were checked by this test's own reader only")
    }

    for line in agent.log.split(separator: "\n") where line.contains(" run=") || line.contains(" delivery=") {
      #expect(line.contains(" stage="), "\(line)")
    }
    for event in ["run_started", "run_finished"] {
      let line = agent.log.split(separator: "\n").first { $0.contains("event=\(event) ") }
      #expect(line?.contains(" run=1") == true && line?.contains(" delivery=1") == true, "\(line ?? "none")")
    }
  }

  @Test("runs that never began are counted and told, too: superseded ones and cancelled ones")
  func neverBegan() throws {
    let repository = try GitRepository()
    let commits = try ["One", "Two", "Three", "Four"].map {
      try repository.write("index.html", $0)
      return try repository.commit($0)
    }
    let agent = try AgentUnderTest(pipelines: [:], name: "never-began")
    try agent.area.write(
      "pipelines/shop.yml",
      """
      name: shop
      repo: \(repository.url)
      on: { push: { branches: [main] } }
      concurrency: { mode: latest }
      steps: ["while [ ! -e '\(agent.area.file("gate"))' ]; do sleep 0.05; done"]
      """)
    try agent.start()
    for (number, commit) in zip(1..., commits) {
      #expect(try agent.post(GitHubPush(cloneURL: repository.url, after: commit)).runs == [number])
      if number == 1 { try waitUntil("it is under way") { try agent.showRun(1).run.state == .running } }
    }
    #expect(try agent.pushrod("cancel", "4").status == 0)
    try agent.area.write("gate", "")
    #expect(try agent.finished(2).run.state == .superseded)
    #expect(try agent.finished(3).run.state == .succeeded)

    let text = "\n" + (try metrics(agent))
    for (state, run) in [("superseded", 2), ("cancelled", 4)] {
      #expect(text.contains("\npushrod_runs_finished_total{pipeline=\"shop\",state=\"\(state)\"} 1\n"), "\(state)")
      let line = agent.log.split(separator: "\n").first {
        $0.contains("event=run_finished ") && $0.contains(" run=\(run) ")
      }
      #expect(
        line?.contains("state=\(state)") == true && line?.contains("delivery=\(run) ") == true, "\(line ?? "none")")
    }
  }

  /// The text format as its specification has it, read line by line.
  private func checkForm(_ text: String) throws {
    var types: [String: String] = [:]
    var seen: Set<Substring> = []
    #expect(text.hasSuffix("\n"))
    for line in text.split(separator: "\n") {
      if let help = line.wholeMatch(of: /# HELP ([a-z_]+) .+/) {
        #expect(types[String(help.1)] == nil)
      } else if let type = line.wholeMatch(of: /# TYPE ([a-z_]+) (counter|gauge|histogram)/) {
        types[String(type.1)] = String(type.2)
      } else {
        let labels = /(?:\{(?:[a-z]+="(?:[^"\\]|\\["\\n])*",?)+\})?/
        let number = /\+Inf|NaN|-?[0-9.]+(?:e[-+][0-9]+)?/
        let sample = try #require(
          line.wholeMatch(
            of: Regex {
              Capture { /[a-z_]+/ }
              labels
              " "
              number
            }), "\(line)")
        #expect(seen.insert(line.prefix { $0 != " " }).inserted, "\(line)")
        var name = String(sample.1)
        if types[name] == nil {
          for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
          #expect(types[name] == "histogram", "\(line)")
        }
      }
    }
    #expect(Set(types.keys).isSubset(of: Measure.all.map(\.name)))
  }

  @Test("the manual has every measure with its kind and labels, and nothing else")
  func manual() throws {
    let manual = try Self.manual()
    for measure in Measure.all {
      let kind =
        switch measure.kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
      let labels = measure.labels.isEmpty ? "–" : measure.labels.map { "`\($0)`" }.joined(separator: ", ")
      #expect(manual.contains("| `\(measure.name)` | \(kind) | \(labels) |"), "\(measure.name)")
    }
    let known = Set(Measure.all.map(\.name))
    for line in manual.split(separator: "\n") where line.hasPrefix("| `pushrod_") || line.hasPrefix("| `process_") {
      let name = line.dropFirst(3).prefix { $0 != "`" }
      #expect(known.contains(String(name)), "\(name)")
    }
  }

  @Test(
    "the manual's alerts are valid rules",
    .enabled(if: promtool != nil, "promtool (Debian: prometheus) is not installed"))
  func alerts() throws {
    let rules = try #require(
      try Self.manual().components(separatedBy: "```yaml\n").first { $0.hasPrefix("groups:") }?
        .components(separatedBy: "```")[0])
    let folder = try TemporaryDirectory("rules")
    let file = try folder.write("pushrod.yml", rules)
    let checked = try run([Self.promtool ?? "promtool", "check", "rules", file])
    #expect(checked.status == 0, "\(checked.output)\(checked.errorOutput)")
  }

  @Test("with JSON every line of the log is an object, and a wrong format is refused in words")
  func json() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "json")
    let process = try ServerProcess(
      [builtExecutable("pushrod"), "serve", "--config", agent.configuration, "--log-format", "json"],
      env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner")], output: agent.area.file("json.log"))
    defer { process.stop() }
    try waitUntil("it listens") { process.log.contains(#""for":"hooks""#) }
    for line in process.log.split(separator: "\n") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
      #expect(object?["level"] != nil && object?["msg"] != nil && object?["time"] != nil, "\(line)")
    }
    let refused = try run([
      builtExecutable("pushrod"), "serve", "--config", agent.configuration, "--log-format", "xml",
    ])
    #expect(refused.status == 2)
    #expect(refused.errorOutput.contains("use logfmt, json or auto"), "\(refused.errorOutput)")
  }
}
