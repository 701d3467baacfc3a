import EndToEndSupport
import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@Suite("Fault 1: kill -9 of the agent between accept and answer")
struct Fault01_KilledBeforeTheAnswerTests {
  /// What the senders remember.
  private struct Memory {
    /// Answered 2xx.
    var answered: Set<String> = []
    /// Sent, and the connection broke.
    var open: Set<String> = []
  }

  /// Of the deliveries, the pings: they cost the agent nothing but the record. One sender sends pushes, which start runs.
  private let ping = #"{"zen":"x","hook_id":1}"#

  @Test(
    "at 200 seeded points: what was answered is stored, and an id sent again gives one run", .timeLimit(.minutes(5)))
  func killed() throws {
    let repository = try GitRepository()
    defer { withExtendedLifetime(repository) {} }
    try repository.write("index.html", "one")
    let push = GitHubPush(cloneURL: repository.url, after: try repository.commit("One")).json
    let agent = try AgentUnderTest(
      pipelines: [
        // The first run waits, and all others behind it: they stay as they were queued.
        "shop.yml": """
        name: shop
        repo: \(repository.url)
        on: { push: { branches: [main] } }
        steps:
          - sleep 600
        """
      ], settings: "runs: { parallel: 1 }", name: "fault1")
    let faults = try DiskFaults(below: agent.area.file("data"))
    let signatures = [
      "ping": try hmacSHA256(ping, key: agent.secret), "push": try hmacSHA256(push, key: agent.secret),
    ]
    var random = SeededGenerator(seed: 20_261_125)
    let memory = Mutex(Memory())

    @Sendable func send(_ id: String, on connection: HookConnection) -> Bool {
      let event = id.hasPrefix("push") ? "push" : "ping"
      memory.withLock { _ = $0.open.insert(id) }
      let body = event == "push" ? push : ping
      guard let reply = connection.post(body, id: id, event: event, signature: signatures[event] ?? "") else {
        return false
      }
      guard (200..<300).contains(reply.status) else { return true }
      memory.withLock { memory in
        memory.open.remove(id)
        memory.answered.insert(id)
      }
      return true
    }

    for point in 1...200 {
      faults.set(.none)
      try agent.start(environment: faults.environment)
      // What the last kill left without an answer is sent again, as GitHub's page, a poll or a person does.
      if let connection = HookConnection(port: agent.port) {
        for id in memory.withLock({ $0.open }) { #expect(send(id, on: connection), "point \(point)") }
      }
      let (port, senders) = (agent.port, DispatchGroup())
      for sender in 0..<6 {
        senders.enter()
        Thread.detachNewThread {
          defer { senders.leave() }
          guard let connection = HookConnection(port: port) else { return }
          for number in 1...(sender == 0 ? 2 : 400) {
            let id = "\(sender == 0 ? "push" : "ping")-\(point)-\(sender)-\(number)"
            guard send(id, on: connection) else { return }
          }
        }
      }
      if point.isMultiple(of: 2) {
        // At a call that writes or syncs: between two commits' halves, before an fsync, …
        faults.set(.kill, count: UInt32.random(in: 1...40, using: &random))
        try waitUntil("the agent has killed itself", within: 10) {
          kill(agent.pid, 0) != 0 || processIsZombie(agent.pid) || senders.wait(timeout: .now()) == .success
        }
      } else {
        usleep(UInt32.random(in: 0..<12_000, using: &random))
      }
      agent.kill9()
      #expect(senders.wait(timeout: .now() + 30) == .success)
    }
    faults.set(.none)
    try agent.start()
    let open = memory.withLock { $0.open }
    if let connection = HookConnection(port: agent.port) { for id in open { #expect(send(id, on: connection)) } }
    let started = try agent.showRun(1).events.first { $0.event == .runStarted }
    agent.kill9()
    if let pid = started?.pid { kill(pid_t(pid), SIGKILL) }

    let (answered, unanswered) = memory.withLock { ($0.answered, $0.open) }
    #expect(unanswered.isEmpty)
    #expect(answered.count(where: { $0.hasPrefix("push") }) >= 200)
    let database = agent.area.file("data/pushrod.db")
    #expect(try runChecked(["sqlite3", database, "PRAGMA integrity_check"]) == "ok")
    func rows(_ query: String) throws -> [Substring] {
      try runChecked(["sqlite3", database, query]).split(separator: "\n")
    }
    let stored = try rows("SELECT id FROM deliveries").map(String.init)
    #expect(Set(stored) == answered, "lost: \(answered.subtracting(stored).prefix(5))")
    #expect(stored.count == Set(stored).count, "an id was accepted twice")
    let runs = try rows("SELECT delivery FROM runs").map(String.init)
    let pushes = try rows("SELECT number FROM deliveries WHERE event = 'push'").map(String.init)
    #expect(runs.sorted() == pushes.sorted(), "one run for each push")
  }

  private func processIsZombie(_ pid: pid_t) -> Bool {
    (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.contains(") Z ") ?? true
  }
}
