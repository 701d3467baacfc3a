import EndToEndSupport
import Foundation
import Glibc
import Model
import TestSupport
import Testing

@Suite("Fault 7: a disk that fails, is full, read-only, or has no room for names")
struct Fault07_BadDiskTests {
  private static let pipeline = """
    name: shop
    repo: REPO
    on: { push: { branches: [main] } }
    steps:
      - echo done
    """

  /// An agent whose store's disk does what a test says, and a push for it.
  private struct Scene {
    let agent: AgentUnderTest
    let faults: DiskFaults
    let push: GitHubPush
    private let repository: GitRepository

    init(_ name: String) throws {
      repository = try GitRepository()
      try repository.write("index.html", "one")
      push = GitHubPush(cloneURL: repository.url, after: try repository.commit("One"))
      agent = try AgentUnderTest(
        pipelines: ["shop.yml": Fault07_BadDiskTests.pipeline.replacing("REPO", with: repository.url)],
        settings: "runs: { data: elsewhere }", name: name)
      faults = try DiskFaults(below: agent.area.file("data"))
      try agent.start(environment: faults.environment)
    }

    /// A delivery while all is well, and its run: whatever fails next fails the next delivery.
    func begin() throws {
      #expect(try post("before").status == 202)
      _ = try agent.finished(1)
    }

    func post(_ id: String) throws -> HookConnection.Reply {
      let connection = try #require(HookConnection(port: agent.port))
      return try #require(
        connection.post(push.json, id: id, event: "push", signature: try hmacSHA256(push.json, key: agent.secret)))
    }

    var storeFinding: String? {
      get throws {
        let output = try agent.pushrod("doctor", "--config", agent.configuration).output
        return output.split(separator: "\n").first { $0.contains(" store ") }.map(String.init)
      }
    }

    func logged(_ event: String) -> Int { agent.log.components(separatedBy: "event=\(event)").count - 1 }

    /// Sends again until it is taken, as a sender does.
    func retry(_ id: String, within seconds: Double = 20) throws -> HookConnection.Reply {
      var reply = try post(id)
      try waitUntil("the delivery is taken", within: seconds) {
        if (200..<300).contains(reply.status) { return true }
        usleep(50_000)
        reply = try post(id)
        return (200..<300).contains(reply.status)
      }
      return reply
    }

    /// What is on the disk is whole, and holds each of `ids` once, with its run.
    func expectStored(_ ids: [String]) throws {
      agent.kill9()
      let database = agent.area.file("data/pushrod.db")
      #expect(try runChecked(["sqlite3", database, "PRAGMA integrity_check"]) == "ok")
      let stored = try runChecked(["sqlite3", database, "SELECT id FROM deliveries ORDER BY number"])
      #expect(stored.split(separator: "\n").map(String.init) == ids)
      #expect(try runChecked(["sqlite3", database, "SELECT count(*) FROM runs"]) == "\(ids.count)")
    }
  }

  @Test("an fsync that fails once: no 2xx, 503 with Retry-After, told once, and all well again by itself")
  func syncFailsOnce() throws {
    let scene = try Scene("fault7-sync")
    try scene.begin()
    scene.faults.set(.syncFails, count: 1)

    let reply = try scene.post("during")

    #expect(reply.status == 503)
    #expect(reply.head.lowercased().contains("retry-after: "), "\(reply.head)")
    #expect(scene.faults.failures == 1)
    #expect(try scene.retry("during").status == 202)
    #expect(scene.logged("store_trouble") == 1)
    try waitUntil("it says that it is over") { scene.logged("store_recovered") == 1 }
    #expect(try scene.storeFinding?.hasPrefix("ok") == true)
    try scene.expectStored(["before", "during"])
  }

  @Test("while fsync fails nothing is answered 2xx, a flood is told of once, and doctor says why")
  func syncFails() throws {
    let scene = try Scene("fault7-flood")
    try scene.begin()
    scene.faults.set(.syncFails)

    for number in 1...40 { #expect(try scene.post("flood-\(number)").status == 503) }

    #expect(scene.logged("store_trouble") == 1, "\(scene.agent.log)")
    #expect(scene.logged("store_failed") == 0)
    let finding = try #require(try scene.storeFinding)
    #expect(finding.hasPrefix("fail"), "\(finding)")
    #expect(finding.contains("the disk failed"), "\(finding)")
    #expect(finding.contains("Input/output error"), "\(finding)")
    // It can be read, and asked, all the while.
    #expect(try scene.agent.pushrod("inbox", "--json").output.contains("before"))
    scene.faults.set(.none)
    #expect(try scene.retry("flood-7").status == 202)
    #expect(scene.logged("store_recovered") == 1)
    try scene.expectStored(["before", "flood-7"])
  }

  @Test("killed -9 while fsync fails, the next agent answers for no more than the disk has")
  func killedWhileFailing() throws {
    let scene = try Scene("fault7-kill")
    try scene.begin()
    scene.faults.set(.syncFails)
    #expect(try scene.post("during").status == 503)
    scene.agent.kill9()
    // Still failing: what lies in the kernel's memory cannot be made sure of, and so there is no agent that answers for it.
    #expect(throws: CommandFailure.self) { try scene.agent.start(environment: scene.faults.environment) }
    #expect(scene.agent.log.contains("the disk failed"), "\(scene.agent.log)")
    scene.faults.set(.none)
    try scene.agent.start(environment: scene.faults.environment)
    // Taken now, or found in the log and made sure of at the start: one run in either case.
    #expect(try scene.post("during").status == 202)
    try scene.expectStored(["before", "during"])
  }

  @Test("a disk that does not come back: 503 in time, and well again when it does")
  func stalls() throws {
    let scene = try Scene("fault7-stall")
    try scene.begin()
    scene.faults.set(.stalls)

    let began = ContinuousClock.now
    let reply = try scene.post("during")

    #expect(reply.status == 503)
    #expect(began.duration(to: .now) < .seconds(10))
    // Who asks the agent is answered as well, by one that is ready to say why.
    let asked = ContinuousClock.now
    let listing = try scene.agent.pushrod("runs")
    #expect(asked.duration(to: .now) < .seconds(10))
    #expect(listing.status != 0 && listing.errorOutput.contains("has no answer after 8 s"), "\(listing.errorOutput)")
    scene.faults.set(.none)
    #expect(try scene.retry("during").status == 202)
    try waitUntil("it says that it is over") { scene.logged("store_recovered") == 1 }
    // The stalled commit came to its end, and the sender's second attempt was known. Nobody but the clock told of its run.
    #expect(try scene.agent.finished(2).run.state == .succeeded)
    try scene.expectStored(["before", "during"])
  }

  @Test("a store on a disk that became read-only: 503, said on doctor, and well again by itself")
  func readOnly() throws {
    let scene = try Scene("fault7-ro")
    try scene.begin()
    scene.faults.set(.readOnly)

    #expect(try scene.post("during").status == 503)

    let finding = try #require(try scene.storeFinding)
    #expect(finding.contains("Read-only file system"), "\(finding)")
    scene.faults.set(.none)
    #expect(try scene.retry("during").status == 202)
    try scene.expectStored(["before", "during"])
  }

  @Test(
    "a store on a full disk: 503, one line in the log, and taken again as soon as there is room",
    .enabled(if: SmallDisk.isPossible, Comment(rawValue: SmallDisk.whyNot)))
  func storeFull() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault7-full")
    let disk = try SmallDisk(at: agent.area.file("data"), "size=6m")
    defer {
      agent.kill9()
      disk.unmount()
    }
    try agent.start()
    let body = #"{"zen":"\#(String(repeating: "x", count: 200_000))"}"#
    #expect(try agent.post(body: body, id: "before", event: "ping").status == 200)
    try disk.fill()

    for number in 1...20 { #expect(try agent.post(body: body, id: "full-\(number)", event: "ping").status == 503) }

    #expect(agent.log.components(separatedBy: "event=store_trouble").count == 2)
    #expect(try agent.pushrod("doctor", "--config", agent.configuration).output.contains("is full"))
    // An agent that is started on a full disk is there, and refuses deliveries until there is room.
    #expect(agent.terminate())
    try agent.start()
    #expect(try agent.post(body: body, id: "full-1", event: "ping").status == 503)
    try disk.empty()
    // It tries by itself again and again, with pauses of up to ten seconds.
    try waitUntil("deliveries are taken again") {
      try agent.post(body: body, id: "full-1", event: "ping").status == 200
    }
    try waitUntil("it says that it is over") { agent.log.contains("event=store_recovered") }
    agent.kill9()
    let database = agent.area.file("data/pushrod.db")
    #expect(try runChecked(["sqlite3", database, "PRAGMA integrity_check"]) == "ok")
    #expect(try runChecked(["sqlite3", database, "SELECT id FROM deliveries"]) == "before\nfull-1")
  }

  @Test(
    "a data directory on a read-only disk: the agent refuses in words, and starts when it can be written",
    .enabled(if: SmallDisk.isPossible, Comment(rawValue: SmallDisk.whyNot)))
  func startsReadOnly() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault7-rostart")
    let disk = try SmallDisk(at: agent.area.file("data"), "size=8m")
    defer {
      agent.kill9()
      disk.unmount()
    }
    try agent.start()
    #expect(try agent.post(body: #"{"zen":"x"}"#, id: "d-1", event: "ping").status == 200)
    #expect(agent.terminate())
    try disk.remount("ro")
    let start = try run(
      ["timeout", "20", builtExecutable("pushrod"), "serve", "--config", agent.configuration],
      env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner")])
    #expect(start.status == 1)
    #expect(start.errorOutput.contains("Read-only file system"), "\(start.errorOutput)")
    try disk.remount("rw")
    try agent.start()
    #expect(try agent.post(body: #"{"zen":"x"}"#, id: "d-1", event: "ping").body.contains("received before"))
  }
}
