import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// Single followers and every single position are proved with a written log (`LogTests`, `LogFollowerTests`), a restart of
/// the agent in between in `FollowTests`; here the run is real and under way, and the crowd too.
@Suite("Fault 15: followers that never read, and followers that come back", .serialized)
struct Fault15_FollowersTests {
  /// What a live log has brought so far, over any number of connections.
  private struct Received {
    var logs: [Int: [UInt8]] = [:]
    var events: [String] = []
    var position: String?
    var isContinuous = true

    /// Takes the whole messages of one connection's text; the last one may be torn.
    mutating func take(_ text: String) throws {
      for block in text.components(separatedBy: "\n\n").dropLast() {
        var fields: [String: Substring] = [:]
        for line in block.split(separator: "\n") where !line.hasPrefix(":") {
          let parts = line.split(separator: ":", maxSplits: 1)
          fields[String(parts[0])] = parts.count > 1 ? parts[1].dropFirst() : ""
        }
        guard let data = fields["data"], let position = fields["id"] else { continue }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])
        self.position = String(position)
        if let event = object["event"] as? String {
          events.append(event)
          continue
        }
        let step = try #require(object["step"] as? Int)
        var bytes = (object["text"] as? String).map { Array($0.utf8) } ?? []
        if let text = object["base64"] as? String { bytes = Array(try #require(Data(base64Encoded: text))) }
        if object["offset"] as? Int != logs[step, default: []].count { isContinuous = false }
        logs[step, default: []] += bytes
      }
    }
  }

  @Test("two hundred followers that never read neither hold up the run nor take the agent's memory, and others see all")
  func silent() throws {
    let scene = try Deployment(
      "fault15",
      """
      steps:
      \(Deployment.gate("before"))
        - name: flood
          run: head -c 24000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null | base64
      """)
    let agent = scene.agent
    try agent.start()
    /// What the step took, as its runner says it.
    func duration(_ run: Int) throws -> Seconds {
      try scene.waitForStep("01-", of: run)
      try scene.open("before")
      let shown = try agent.finished(run, within: 240)
      #expect(shown.run.state == .succeeded)
      try FileManager.default.removeItem(atPath: scene.work.file("before"))
      return try #require(shown.steps.last?.usage?.wall)
    }
    let alone = try duration(try scene.deploy())

    let run = try scene.deploy()
    try scene.waitForStep("01-", of: run)
    var followers: [RawClient] = []
    for _ in 0..<200 {
      let follower = try RawClient(socket: agent.socket)
      follower.send("GET /api/runs/\(run)/log HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
      followers.append(follower)
    }
    try waitUntil("all of them follow") { followers.allSatisfy(\.hasAnswer) }
    let before = try ProcessMemory(of: agent.pid)
    let followed = try duration(run)
    let growth = try ProcessMemory(of: agent.pid).peak - before.peak
    print("the step takes \(alone) alone, \(followed) with 200 silent followers; the agent grew by \(growth >> 20) MB")
    // At most one piece of 256 KiB, as JSON, for each.
    #expect(growth < Sanitizer.memory(160 << 20))
    #expect(try scene.hashOfLog(run, "02-flood.log") == scene.hashOfLog(1, "02-flood.log"))
    #expect(try agent.post(body: "{\"zen\":\"x\"}", event: "ping").status == 200)
    // One that reads at last has missed nothing of the beginning.
    #expect(String(decoding: followers[0].read(), as: UTF8.self).contains("run_started"))
    #expect(agent.terminate(within: 10), "followers keep the agent from stopping")
    // With exit code 0: it says nothing at its end.
    #expect(!agent.log.contains("\npushrod: "), "\(agent.log.suffix(300))")
  }

  @Test("whoever comes back at any point, within a message or not, has the whole log in the end, and then the end")
  func comingBack() throws {
    let scene = try Deployment(
      "fault15",
      """
      steps:
      \(Deployment.gate("before"))
        - name: text
          run: |
            for i in $(seq 1 150); do seq -f "%.0f é漢🚀 \\"quoted\\"" $i $((i + 150)); sleep 0.01; done
        - { name: binary, run: 'head -c 300000 /dev/zero | openssl enc -aes-128-ctr -K 01 -iv 00 2>/dev/null' }
      """)
    let agent = scene.agent
    try agent.start()
    let number = try scene.deploy()
    try scene.waitForStep("01-", of: number)
    try scene.open("before")
    // The first one follows the run as it goes, the others what is left of it.
    for seed: UInt64 in [15, 16, 17] {
      var random = SeededGenerator(seed: seed)
      var received = Received()
      var connections = 0
      while received.events.last != "run_finished", connections < 400 {
        connections += 1
        let resume = received.position.map { "-H 'Last-Event-ID: \($0)'" } ?? ""
        // Often within the first message, sometimes behind many.
        let count = Int.random(in: 1...(Bool.random(using: &random) ? 3_000 : 600_000), using: &random)
        let part = try run([
          "sh", "-c",
          """
          curl -sN --max-time 60 --unix-socket '\(agent.socket)' -H 'Accept: text/event-stream' \(resume) \
            http://localhost/api/runs/\(number)/log | head -c \(count)
          """,
        ])
        try received.take(String(decoding: part.stdout, as: UTF8.self))
      }
      print("seed \(seed): \(connections) connections")
      #expect(connections > 1)
      #expect(received.isContinuous)
      #expect(received.events.last == "run_finished")
      #expect(received.events.count { $0 == "run_finished" } == 1)
      let steps = (1...4).flatMap { _ in ["step_started", "step_finished"] }
      #expect(received.events == ["run_started"] + steps + ["run_finished"])
      for (index, name) in ["fetch", "before", "text", "binary"].enumerated() {
        let log = try Data(contentsOf: URL(fileURLWithPath: agent.runDirectory(number) + "/0\(index)-\(name).log"))
        #expect(received.logs[index, default: []] == Array(log), "\(name), seed \(seed)")
      }
    }
  }
}
